/// What a reason for a change may be: one line that people can read in an audit.
enum ReasonRule {
    /// The longest reason, in bytes.
    static let limit = 1024

    /// Why a text will not do; `nil` when it will.
    static func problem(with text: String) -> String? {
        if text.allSatisfy(\.isWhitespace) { return "is empty" }
        if text.utf8.count > limit { return "has \(text.utf8.count) bytes; at most \(limit) are accepted" }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "holds a control character or a line break; write one line"
        }
        return nil
    }
}

/// Paints text for a terminal, or leaves it alone.
struct TextStyle: Equatable, Sendable {
    /// What a text says about itself.
    enum Tone: Equatable, Sendable {
        case plain, good, bad, busy, faint, title

        fileprivate var code: String? {
            switch self {
            case .plain: nil
            case .good: "32"
            case .bad: "31"
            case .busy: "33"
            case .faint: "2"
            case .title: "1"
            }
        }
    }

    /// Whether colours are wanted.
    var isColoured: Bool

    /// No colours.
    static let none = TextStyle(isColoured: false)

    /// The text in its tone (ECMA-48 SGR).
    func paint(_ text: String, _ tone: Tone) -> String {
        guard isColoured, !text.isEmpty, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

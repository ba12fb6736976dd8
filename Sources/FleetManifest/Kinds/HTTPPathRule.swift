/// What the path of a check may look like.
enum HTTPPathRule {
    /// Why `text` is not the path of a request, or `nil`: it begins with `/` and holds neither spaces nor control characters.
    static func problem(with text: String) -> String? {
        guard text.hasPrefix("/") else { return "does not begin with '/'" }
        guard text.utf8.count <= 1024 else { return "is longer than 1024 bytes" }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return "holds a space or a control character" }
        return nil
    }
}

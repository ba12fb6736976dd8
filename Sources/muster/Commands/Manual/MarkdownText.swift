/// Text for people as Markdown has it: what looks like markup and is none, is escaped.
enum MarkdownText {
    /// Paragraphs, divided by empty lines; lines that begin with spaces stay as they are.
    static func paragraphs(_ text: String) -> String {
        text.split(separator: "\n\n").map { paragraph in
            let lines = paragraph.split(separator: "\n")
            guard lines.contains(where: { $0.hasPrefix(" ") }) else {
                // Lines that were broken on purpose stay apart.
                return lines.map { escaped(String($0)) }.joined(separator: "\\\n")
            }
            return asWritten(String(paragraph))
        }.joined(separator: "\n\n")
    }

    /// Lines that stay as they are.
    static func asWritten(_ lines: String) -> String { "```\n\(lines)\n```" }

    /// A cell of a table, or an entry of a list.
    static func line(_ text: String) -> String {
        escaped(text.replacing("\n", with: " ")).replacing("|", with: "\\|")
    }

    /// Code in a line; in a table too.
    static func code(_ text: String) -> String { "`\(text.replacing("|", with: "\\|"))`" }

    /// What stands between backticks is code, and stays.
    private static func escaped(_ text: String) -> String {
        var isCode = false
        return String(
            text.flatMap { character -> [Character] in
                if character == "`" { isCode.toggle() }
                return !isCode && "<>*[]_\\".contains(character) ? ["\\", character] : [character]
            }
        )
    }
}

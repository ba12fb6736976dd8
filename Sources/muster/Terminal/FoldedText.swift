/// Folds lines that are longer than a terminal is wide: between words, not where the edge happens to be.
enum FoldedText {
    /// The text with its long lines folded. What goes on below stands a little further in than its line, and beside the branches of
    /// a tree. A word that is longer than the terminal is wide stays whole.
    static func fold(_ text: String, columns: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { lines(of: $0, columns: columns) }
            .joined(separator: "\n")
    }

    /// How many columns a line takes: colours (ECMA-48 SGR) take none.
    static func width(of line: some StringProtocol) -> Int {
        var width = 0
        var isCode = false
        for character in line {
            if character == "\u{1B}" { isCode = true }
            if !isCode { width += 1 }
            if character == "m" { isCode = false }
        }
        return width
    }

    private static func lines(of line: Substring, columns: Int) -> [String] {
        guard width(of: line) > columns else { return [String(line)] }
        let lead = line.prefix { " │├└─".contains($0) }
        let below = String(lead.map { "├│".contains($0) ? "│" : " " }) + "  "
        guard below.count <= columns / 2 else { return [String(line)] }
        var lines: [String] = []
        var current = String(lead)
        var isEmpty = true
        for word in line.dropFirst(lead.count).split(separator: " ", omittingEmptySubsequences: false) {
            if isEmpty {
                current += word
                isEmpty = false
            } else if width(of: current) + 1 + width(of: word) <= columns {
                current += " " + word
            } else if !word.isEmpty {
                lines.append(withoutSpaces(current))
                current = below + word
            }
        }
        return lines + [withoutSpaces(current)]
    }

    /// Without the spaces at its end, those before the end of a colour too.
    private static func withoutSpaces(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}

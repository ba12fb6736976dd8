/// Lines that are drawn over their predecessors on a terminal.
struct LiveScreen {
    private let terminal: Terminal
    private var shown = ""

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// Draws a text in the place of the last one; nothing moves when it is the same.
    ///
    /// - Parameter folds: whether long lines are folded between words; a table's are cut.
    mutating func show(_ text: String, folds: Bool = false) {
        let size = terminal.size
        let text = Self.fit(text, columns: size.columns, rows: size.rows, folds: folds)
        guard text != shown else { return }
        terminal.write(Self.drawing(text, over: shown))
        shown = text
    }

    /// What is written so that a text stands where another one stood.
    static func drawing(_ text: String, over shown: String) -> String {
        let height = shown.isEmpty ? 0 : shown.split(separator: "\n", omittingEmptySubsequences: false).count
        // Up to the first line, then clear to the end of the screen (ECMA-48 CPL and ED).
        return (height > 0 ? "\u{1B}[\(height)F\u{1B}[J" : "") + text + "\n"
    }

    /// A text that neither wraps nor scrolls, since the cursor could not find its beginning again then.
    static func fit(_ text: String, columns: Int, rows: Int, folds: Bool = false) -> String {
        let text = folds ? FoldedText.fold(text, columns: columns) : text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { clip($0, to: columns) }
        let room = max(2, rows - 1)
        if lines.count > room {
            let left = lines.count - room + 1
            lines = lines.prefix(room - 1) + [clip("… and \(left) more lines", to: columns)]
        }
        return lines.joined(separator: "\n")
    }

    /// The first characters of a line, and a sign where others follow; colours (ECMA-48 SGR) take no room and stay whole.
    private static func clip(_ line: Substring, to columns: Int) -> String {
        let isCut = FoldedText.width(of: line) > columns
        var result = ""
        var width = 0
        var isCode = false
        for character in line {
            if character == "\u{1B}" { isCode = true }
            if isCode {
                result.append(character)
                if character == "m" { isCode = false }
            } else if width < columns {
                width += 1
                result.append(isCut && width == columns ? "…" : character)
            }
        }
        return result
    }
}

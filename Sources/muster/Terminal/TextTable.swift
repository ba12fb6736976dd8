/// Columns of text, two spaces between them, as `kubectl` and `ps` print them.
struct TextTable {
    /// One cell.
    struct Cell: Equatable, ExpressibleByStringLiteral {
        var text: String
        var tone: TextStyle.Tone

        init(_ text: String, _ tone: TextStyle.Tone = .plain) {
            self.text = text
            self.tone = tone
        }

        init(stringLiteral value: String) {
            self.init(value)
        }
    }

    /// The first row.
    var titles: [String]
    /// The others.
    var rows: [[Cell]]

    /// The lines, without spaces at their ends. A cell without text shows `-`.
    func text(style: TextStyle, indentation: Int = 0, showsTitles: Bool = true) -> String {
        let titleCells = titles.map { Cell($0, .title) }
        let all = [titleCells] + rows
        let widths = titles.indices.map { column in
            all.map { $0.indices.contains(column) ? max(1, $0[column].text.count) : 0 }.max() ?? 0
        }
        return (showsTitles ? all : rows).map { row in
            var line = String(repeating: " ", count: indentation)
            for (column, cell) in row.enumerated() {
                let text = cell.text.isEmpty ? "-" : cell.text
                line += style.paint(text, cell.tone)
                if column < row.count - 1 {
                    line += String(repeating: " ", count: widths[column] - text.count + 2)
                }
            }
            return line
        }.joined(separator: "\n")
    }
}

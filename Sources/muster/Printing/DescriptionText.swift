/// Facts of one object, a line each, the values aligned.
struct DescriptionText {
    private var lines: [(key: String, value: TextTable.Cell)] = []
    private var sections: [(title: String, body: String)] = []

    /// Adds a fact; one without a value is left out.
    mutating func add(_ key: String, _ value: String?, _ tone: TextStyle.Tone = .plain) {
        guard let value, !value.isEmpty else { return }
        lines.append((key, TextTable.Cell(value, tone)))
    }

    /// Adds a titled part below the facts; one without a body is left out.
    mutating func add(section title: String, _ body: String) {
        guard !body.isEmpty else { return }
        sections.append((title, body))
    }

    /// The lines.
    func text(style: TextStyle) -> String {
        let width = (lines.map(\.key.count).max() ?? 0) + 2
        let facts = lines.map { key, value in
            style.paint("\(key):", .title) + String(repeating: " ", count: width - key.count)
                + style.paint(value.text, value.tone)
        }
        let parts = sections.map { "\n\(style.paint("\($0.title):", .title))\n\($0.body)" }
        return (facts + parts).joined(separator: "\n")
    }
}

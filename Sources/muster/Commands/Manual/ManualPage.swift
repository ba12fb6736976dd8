/// A manual page in man(7)'s macros: pure.
struct ManualPage: Equatable {
    /// `muster-get`: the file is `muster-get.1`.
    let name: String
    private(set) var text: String

    /// An empty page.
    init(name: String, version: String) {
        self.name = name
        text = ".TH \(Self.escaped(name.uppercased())) 1 \"\" \"muster \(version)\" \"Muster\"\n"
    }

    /// A section, or with `level` 2 a part of one.
    mutating func section(_ title: String, level: Int = 1) {
        text += "\(level == 1 ? ".SH" : ".SS") \"\(Self.escaped(title))\"\n"
    }

    /// Paragraphs, divided by empty lines; lines that begin with spaces stay as they are.
    mutating func add(_ paragraphs: String) {
        for (index, paragraph) in paragraphs.split(separator: "\n\n").enumerated() {
            if index > 0 { text += ".PP\n" }
            let lines = paragraph.split(separator: "\n")
            if lines.contains(where: { $0.hasPrefix(" ") }) {
                add(asWritten: String(paragraph))
            } else {
                text += lines.map { Self.line(String($0)) + "\n" }.joined()
            }
        }
    }

    /// Lines that stay as they are.
    mutating func add(asWritten lines: String) {
        text += ".nf\n" + lines.split(separator: "\n").map { Self.line(String($0)) + "\n" }.joined() + ".fi\n"
    }

    /// A word and what it is.
    mutating func add(term: String, _ meaning: String) {
        text += ".TP\n\\fB\(Self.escaped(term))\\fR\n"
        text += meaning.isEmpty ? "\\&\n" : meaning.split(separator: "\n").map { Self.line(String($0)) + "\n" }.joined()
    }

    /// A line of text, which is no request.
    private static func line(_ text: String) -> String {
        let safe = escaped(text)
        return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
    }

    /// A hyphen that can be copied, and no escapes but ours.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
    }
}

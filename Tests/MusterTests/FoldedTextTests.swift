import Testing

@testable import muster

@Suite struct FoldedTextTests {
    @Test(arguments: [
        ("short", "short"), ("one two three four", "one two\n  three four"), ("", ""), ("a\nb", "a\nb"),
        ("  in two three", "  in two\n    three"), ("├─ host two three", "├─ host two\n│    three"),
        ("└─ host two three", "└─ host two\n     three"), ("averylongwordindeed x", "averylongwordindeed\n  x"),
        ("  averylongwordindeed", "  averylongwordindeed"),
        ("\u{1B}[31mone two\u{1B}[0m three", "\u{1B}[31mone two\u{1B}[0m\n  three"),
        ("a  b      c d e f", "a  b      c\n  d e f"),
    ])
    func linesAreFoldedBetweenWords(_ text: String, _ folded: String) {
        #expect(FoldedText.fold(text, columns: 12) == folded)
    }

    @Test func nothingIsLost() {
        let words = (0..<200).map { "word\($0)" }.joined(separator: " ")
        for columns in [12, 20, 80, 5000] {
            let folded = FoldedText.fold("  \(words)", columns: columns)
            #expect(folded.split { $0 == " " || $0 == "\n" }.joined(separator: " ") == words)
            #expect(folded.split(separator: "\n").allSatisfy { $0.count <= columns })
        }
    }
}

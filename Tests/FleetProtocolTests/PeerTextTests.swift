import Fleet
import Testing

@testable import FleetProtocol

/// What a peer may write is not what a terminal obeys.
@Suite struct PeerTextTests {
    @Test(arguments: [
        ("plain ä€😀 ¡", "plain ä€😀 ¡"), ("a\u{1B}[2Jb", "a [2Jb"), ("a\nb\tc\u{7F}", "a b c "),
        ("a\u{9B}2Jb\u{80}\u{9F}", "a  2Jb    "), ("\u{A0}\u{C2}", "\u{A0}\u{C2}"), ("", ""),
    ])
    func controlCharactersBecomeSpaces(text: String, clean: String) {
        #expect(PeerText.words(text) == clean)
    }

    @Test(arguments: [("abcd", "abc"), ("abé", "ab"), ("a€d", "a"), ("😀b", ""), ("abc", "abc")])
    func aLongTextIsCutBetweenCharacters(text: String, cut: String) {
        #expect(PeerText.words(text, limit: 3) == cut)
    }

    @Test func everyTextOfADocumentIsCleaned() {
        let document: JSONValue = .object([
            "a\u{1B}": .array([.string("x\ny"), .integer(1), .boolean(true), .null, .number(0.5)]),
            "b": .object(["\u{7}": .string("\u{9B}")]),
        ])
        let clean: JSONValue = .object([
            "a ": .array([.string("x y"), .integer(1), .boolean(true), .null, .number(0.5)]),
            "b": .object([" ": .string("  ")]),
        ])
        #expect(PeerText.clean(document) == clean)
        #expect(PeerText.clean(.object(["\n": .null, "\t": .null])) == .object([" ": .null]))
    }
}

import Testing

@testable import FleetClient

/// What a host may send as its part of a support bundle.
@Suite struct SupportPieceReaderTests {
    private static func line(_ file: String, _ text: String = "x") -> String {
        #"{"file":"\#(file)","text":"\#(text)"}"# + "\n"
    }

    /// The pieces of texts, and why the last of them was refused.
    private static func read(_ texts: [String]) throws -> (pieces: [SupportPiece], refusal: String?) {
        var reader = SupportPieceReader()
        var pieces: [SupportPiece] = []
        do {
            for text in texts { try reader.read(text) { pieces.append($0) } }
        } catch let refusal as SupportPieceReader.Refusal {
            return (pieces, refusal.why)
        }
        return (pieces, nil)
    }

    @Test func piecesComeHoweverTheyAreCut() throws {
        let whole = Self.line("a.json", "1") + Self.line("logs/b.log", "2") + Self.line("a.json", "3")
        let found = try Self.read(whole.map { String($0) })
        #expect(
            found.pieces
                == [("a.json", "1"), ("logs/b.log", "2"), ("a.json", "3")].map { SupportPiece(file: $0, text: $1) }
        )
        #expect(found.refusal == nil)
    }

    @Test(arguments: ["no JSON\n", "{}\n", #"{"file":"../x","text":""}"# + "\n", #"{"file":1,"text":""}"# + "\n"])
    func whatIsNoPieceIsRefused(text: String) throws {
        let found = try Self.read([Self.line("a"), text, Self.line("b")])
        #expect(found.pieces.map(\.file) == ["a"] && found.refusal == "it sends what is no piece of a file")
    }

    @Test func aBoundIsNamed() throws {
        let files = (0...SupportPieceReader.limit.files).map { Self.line("f\($0)") }
        let many = try Self.read(files)
        #expect(many.pieces.count == SupportPieceReader.limit.files)
        #expect(many.refusal == "it has more than 2000 files, the most that a host's part may hold")
        let again = try Self.read(files.dropLast() + files.dropLast())
        #expect(
            again.refusal == nil && again.pieces.count == 2 * SupportPieceReader.limit.files,
            "they are no more files"
        )
        let megabyte = String(repeating: "x", count: 1_000_000)
        #expect(try Self.read([megabyte, megabyte]).refusal == "a line of it is longer than 1 MiB")
        let large = try Self.read(Array(repeating: Self.line("a", megabyte), count: 68))
        #expect(large.refusal == "it is larger than 64 MiB, the most that a host's part may hold")
    }
}

import FleetTestSupport
import Testing

@testable import FleetManifest

@Suite struct JSONTextReaderTests {
    @Test(arguments: [
        (#"{"a":[1,2.50,-0e+1,"x\n\u00e9\ud83d\ude00"],"b":{},"c":[],"d":null,"e":true}"#, true),
        ("[1,]", false), ("{\"a\":1,}", false), ("01", false), ("1.", false), ("'a'", false), ("", false),
        ("[1] 2", false), ("\"\\ud83d\"", false), ("\"a\nb\"", false), ("tru", false), ("\"\\x\"", false),
        ("{\"a\" 1}", false), ("{a:1}", false), ("nan", false), ("\"", false), ("[", false), ("-", false),
    ])
    func onlyJSONIsRead(text: String, isJSON: Bool) {
        let reading = JSONTextReader.read(text.utf8)
        #expect((reading.root != nil) == isJSON)
        #expect(reading.problems.isEmpty == isJSON)
    }

    @Test func textsAndNumbersKeepTheirForm() throws {
        let text = #"{"b":[1,2.50,-0e+1,"x\n😀"],"a":{}}"#
        let root = try #require(JSONTextReader.read(text.utf8).root)
        #expect(JSONTextWriter.compact(root) == text)
        #expect(JSONTextWriter.compact(root, sorted: true) == #"{"a":{},"b":[1,2.50,-0e+1,"x\n😀"]}"#)
        #expect(JSONTextReader.read(JSONTextWriter.pretty(root).utf8).root == root)
    }

    @Test func boundsAreNamed() {
        let deep = JSONTextReader.read(String(repeating: "[", count: 100_000).utf8)
        #expect(deep.problems.first?.message.contains("more than 32 levels are nested") == true)
        let many = JSONTextReader.read("[\(String(repeating: "1,", count: 60_000))1]".utf8)
        #expect(many.problems.first?.message.contains("more than 50000 values") == true)
    }

    /// Bytes that begin as JSON and were changed at random never trap, and what is read is written back as the same.
    @Test(arguments: 0..<20) func randomBytesNeverTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let text = Array(#"{"a":[1,2.5e-3,"x\u00e9\n"],"b":{"c":null,"d":true}}"#.utf8)
        for _ in 0..<500 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let root = JSONTextReader.read(bytes).root {
                #expect(JSONTextReader.read(JSONTextWriter.compact(root).utf8).root == root, "seed \(seed)")
            }
            _ = YAMLTextReader.read(bytes, file: "m.yaml")
        }
    }
}

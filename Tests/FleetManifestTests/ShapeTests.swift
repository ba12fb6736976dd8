import Fleet
import FleetTestSupport
import Foundation
import Testing

@testable import FleetManifest

/// The shapes themselves: what is proposed to people is right, and where a rule and a pattern say the same, they do.
@Suite struct ShapeTests {
    /// Every key of every kind, with its path and whether it may be proposed beside an open bundle.
    private static func keys() -> [(path: String, key: KeyShape)] {
        func below(_ shape: ValueShape, _ path: String) -> [(path: String, key: KeyShape)] {
            switch shape {
            case .object(let keys):
                keys.keys.flatMap { [("\(path).\($0.name)", $0)] + below($0.value, "\(path).\($0.name)") }
            case .list(let element, _, _): below(element, path)
            case .oneOf(let shapes): shapes.flatMap { below($0, path) }
            case .text, .words, .integer, .boolean, .decimal, .span, .amount, .memory, .processors, .texts, .integers,
                .variables,
                .days,
                .anyObject, .anything:
                []
            }
        }
        return ManifestKind.allCases.flatMap { below(.object($0.keys), $0.rawValue) }
    }

    @Test func everyKeySaysWhatItIsFor() {
        let keys = Self.keys()
        #expect(keys.count > 70)
        for (path, key) in keys {
            #expect(!key.purpose.isEmpty && !key.purpose.hasSuffix("."), "\(path)")
            #expect(key.purpose.first?.isUppercase == false, "\(path): it stands in the middle of a line")
            #expect(!key.isRequired || key.example != nil, "\(path): nothing can be proposed where it is missing")
        }
    }

    /// What is proposed where a key is missing is taken there.
    @Test func examplesAreTaken() throws {
        for (path, key) in Self.keys() {
            guard let example = key.example, !example.contains("…"), !example.contains("NAME") else { continue }
            let text = example.hasPrefix("{") ? "\(key.name): 1h" : example
            let reading = YAMLTextReader.read(text.utf8, file: path)
            let document = try #require(reading.documents.first, "\(path)")
            let keys = ObjectKeys(keys: [key])
            var reader = ObjectReader(document, at: ManifestPath(), keys: keys)
            if case .span = key.value { _ = reader.span(key.name) }
            #expect(reading.problems == [] && reader.problems == [], "\(path): \(example)")
            let schema = SchemaJudge(root: ManifestSchema.node(of: keys))
            #expect(schema.problems(with: document) == [], "\(path): \(example)")
        }
    }

    /// What another program's habit is answered with names a key that exists.
    @Test func habitsNameKeysThatExist() {
        func check(_ keys: ObjectKeys, _ path: String) {
            for (word, habit) in keys.habits {
                #expect(!keys.accepted.contains(word), "\(path): '\(word)' is a key")
                for part in habit.split(separator: "'").enumerated().filter({ $0.offset % 2 == 1 }).map(\.element)
                where part.hasPrefix("spec.") {
                    let known = Self.keys().contains { $0.path.hasSuffix(".\(part)") }
                    #expect(known, "\(path).\(word): '\(part)' leads nowhere")
                }
            }
            for key in keys.keys {
                switch key.value {
                case .object(let inner): check(inner, "\(path).\(key.name)")
                case .list(.object(let inner), _, _): check(inner, "\(path).\(key.name)")
                default: break
                }
            }
        }
        for kind in ManifestKind.allCases { check(kind.keys, kind.rawValue) }
    }

    /// Random words: what a rule takes its pattern takes; and the reverse, where the pattern can say all of the rule.
    @Test(
        arguments: [
            (TextShape.name, true), (.labelKey, true), (.labelValue, true), (.version, true), (.variable, true),
            (.digest, true), (.path, true), (.plainWord, true), (.zone, false), (.jsonPath, false),
        ] as [(TextShape, Bool)]
    )
    func rulesAndPatternsAgree(shape: TextShape, isExact: Bool) throws {
        var random = SeededGenerator(seed: 7)
        let signs =
            "aZ09-_./+{}$ :é%@!~[]#\u{7F}\n".map { String($0) } + ["Europe/Paris", "UTC", "sha256:", "$.a", "/x"]
        let pattern = try #require(shape.pattern)
        let expression = try NSRegularExpression(pattern: pattern)
        let isAnchored = pattern.hasSuffix("$") && !pattern.hasSuffix("\\$")
        var taken = 0
        var wrong: [String] = []
        // The nearest zone is looked for among hundreds each time.
        for step in 0..<(shape.name == "zone" ? 200 : 4000) {
            var text = ""
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                text += signs.randomElement(using: &random) ?? "a"
            }
            if step % 50 == 0 { text = String(repeating: "a", count: Int.random(in: 60...70, using: &random)) }
            if step % 20 == 0, shape.name == "zone" { text = ["UTC", "Europe/Paris"][step / 20 % 2] }
            if step % 97 == 0 { text = "sha256:" + String(repeating: "0f", count: 32) }
            let ruled = shape.rule(text) == nil
            let whole = NSRange(location: 0, length: text.utf16.count)
            let match = expression.firstMatch(in: text, range: whole)
            // ICU's `$` also stands before a last line break; JSON Schema's does not.
            let isMatched = match.map { $0.range.length == whole.length || !isAnchored } ?? false
            let isSchemas = isMatched && shape.lengths.contains(text.unicodeScalars.count)
            taken += ruled ? 1 : 0
            if ruled != isSchemas, ruled || isExact { wrong.append(text) }
        }
        #expect(wrong == [], "the rule and the pattern differ")
        #expect(taken > 5, "the words are too wild")
    }
}

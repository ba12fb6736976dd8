/// A condition on labels, in kubectl's grammar: `env=prod, site in (lyon, ulm), tier notin (a), gpu, !retired, x!=y`.
///
/// All requirements must hold. An empty text selects everything.
package struct LabelSelector: Hashable, Sendable {
    /// One condition on one key.
    package enum Requirement: Hashable, Sendable {
        case isIn(key: String, values: [String])
        case isNotIn(key: String, values: [String])
        case exists(key: String)
        case isMissing(key: String)
    }

    /// Why a text is not a selector.
    package struct Problem: Error, Hashable, Sendable {
        /// What is wrong, for people.
        package let message: String
        /// Where, counted in characters from 0.
        package let offset: Int
    }

    /// The text as it was written.
    package let text: String
    /// Every condition; all must hold.
    package let requirements: [Requirement]

    /// Reads a selector.
    package init(_ text: String) throws(Problem) {
        self.text = text
        var parser = Parser(text: text)
        requirements = try parser.parse()
    }

    /// Whether labels satisfy every requirement. `!=` and `notin` also hold where the key is missing, as in kubectl.
    package func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            case .isNotIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .isMissing(let key): labels[key] == nil
            }
        }
    }

    private struct Parser {
        let characters: [Character]
        var position = 0

        init(text: String) { characters = Array(text) }

        mutating func parse() throws(Problem) -> [Requirement] {
            var requirements: [Requirement] = []
            skipSpace()
            while position < characters.count {
                requirements.append(try requirement())
                skipSpace()
                guard position < characters.count else { break }
                guard take(",") else { throw problem("a ',' was expected between two conditions") }
                skipSpace()
                guard position < characters.count else { throw problem("ends with a comma") }
            }
            return requirements
        }

        private mutating func requirement() throws(Problem) -> Requirement {
            if take("!") { return .isMissing(key: try key()) }
            let key = try key()
            skipSpace()
            if take("!") {
                try expect("=")
                return .isNotIn(key: key, values: [try value()])
            }
            if take("=") {
                _ = take("=")
                return .isIn(key: key, values: [try value()])
            }
            let start = position
            switch word() {
            case "": return .exists(key: key)
            case "in": return .isIn(key: key, values: try values())
            case "notin": return .isNotIn(key: key, values: try values())
            case let other:
                position = start
                throw problem("'\(other)' is not an operator; the operators are =, !=, in (…) and notin (…)")
            }
        }

        private mutating func values() throws(Problem) -> [String] {
            skipSpace()
            guard take("(") else {
                throw problem("a '(' was expected: write the values in round brackets, also one alone")
            }
            var values = [try value()]
            skipSpace()
            while take(",") {
                values.append(try value())
                skipSpace()
            }
            guard take(")") else { throw problem("a ',' or a ')' was expected after the value") }
            return values
        }

        private mutating func key() throws(Problem) -> String {
            skipSpace()
            let start = position
            let text = word()
            if let reason = NameRule.problem(withLabelKey: text) {
                position = start
                throw problem("the label key '\(text)' \(reason)")
            }
            return text
        }

        private mutating func value() throws(Problem) -> String {
            skipSpace()
            let start = position
            let text = word()
            if let reason = NameRule.problem(withLabelValue: text) {
                position = start
                throw problem("the label value '\(text)' \(reason)")
            }
            return text
        }

        private mutating func word() -> String {
            let start = position
            while position < characters.count, !" \t\n=!,()".contains(characters[position]) { position += 1 }
            return String(characters[start..<position])
        }

        private mutating func skipSpace() {
            while position < characters.count, characters[position].isWhitespace { position += 1 }
        }

        private mutating func take(_ character: Character) -> Bool {
            guard position < characters.count, characters[position] == character else { return false }
            position += 1
            return true
        }

        private mutating func expect(_ character: Character) throws(Problem) {
            guard take(character) else { throw problem("expected '\(character)'") }
        }

        private func problem(_ message: String) -> Problem { Problem(message: message, offset: position) }
    }
}

extension LabelSelector: CustomStringConvertible {
    package var description: String { text }
}

extension LabelSelector: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

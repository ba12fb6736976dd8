/// Which versions will do: conditions that must all hold, like `>=1.7 <2`.
package struct VersionRange: Hashable, Sendable {
    private enum Relation: String, CaseIterable, Hashable {
        case atLeast = ">="
        case atMost = "<="
        case not = "!="
        case above = ">"
        case below = "<"
        case equal = "="
    }

    private struct Condition: Hashable {
        var relation: Relation
        var version: VersionNumber
    }

    /// Why a text is no range.
    package struct Problem: Error, Hashable, Sendable {
        /// For people.
        package var message: String
    }

    /// The text, with one space between conditions.
    package let text: String
    private let conditions: [Condition]

    /// Reads conditions between spaces or commas, each of `>= <= > < = !=` and a version.
    package init(_ text: some StringProtocol) throws(Problem) {
        var conditions: [Condition] = []
        let words = text.split { $0 == " " || $0 == "," }
        for word in words {
            guard let relation = Relation.allCases.first(where: { word.hasPrefix($0.rawValue) }) else {
                throw Problem(message: "'\(word)' does not begin with one of >= <= > < = !=")
            }
            let rest = word.dropFirst(relation.rawValue.count)
            guard let version = VersionNumber(rest) else {
                throw Problem(message: "'\(rest)' in '\(word)' is not a version")
            }
            conditions.append(Condition(relation: relation, version: version))
        }
        guard !conditions.isEmpty else { throw Problem(message: "it holds no condition") }
        guard conditions.count <= 8 else { throw Problem(message: "it holds more than 8 conditions") }
        self.conditions = conditions
        self.text = words.joined(separator: " ")
    }

    /// Whether a version will do. A pre-release comes before its release: 2.0.0rc1 is not `>=2`. Nor is it `<2`, since who
    /// writes that wants nothing of version 2 (as PEP 440 has it).
    package func contains(_ version: VersionNumber) -> Bool {
        conditions.allSatisfy { condition in
            switch condition.relation {
            case .atLeast: version >= condition.version
            case .atMost: version <= condition.version
            case .above: version > condition.version
            case .below:
                version < condition.version
                    && !(version.isPrerelease && !condition.version.isPrerelease
                        && version.numbers == condition.version.numbers)
            case .equal: version == condition.version
            case .not: version != condition.version
            }
        }
    }
}

extension VersionRange: CustomStringConvertible {
    package var description: String { text }
}

extension VersionRange: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(Problem) {
            self = try VersionRange(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

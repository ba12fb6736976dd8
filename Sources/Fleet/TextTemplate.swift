/// A text with `{variables}`: `{model.dir}`, `{model.name}`, `{model.version}`, `{deployment.name}`, `{host.name}`,
/// `{host.address}`, `{runtime.dir}` where the runtime brings a bundle, and `{port.NAME}` for each port of the runtime. `{{`
/// and `}}` stand for braces.
package struct TextTemplate: Hashable, Sendable {
    /// Why a text is not a template.
    package struct Problem: Error, Hashable, Sendable {
        /// What is wrong, for people.
        package let message: String
    }

    /// The variables that exist besides `port.NAME`.
    package static let variables = [
        "model.dir", "model.name", "model.version", "deployment.name", "host.name", "host.address", runtimeDirectory,
    ]
    /// Where the runtime's own bundle stands: a variable that has a value only where there is one.
    package static let runtimeDirectory = "runtime.dir"

    private enum Piece: Hashable, Sendable {
        case text(String)
        case variable(String)
    }

    private let pieces: [Piece]

    /// Reads a template; every variable must be one that exists, ports included.
    package init(_ source: String, ports: [String]) throws(Problem) {
        var pieces: [Piece] = []
        var text = ""
        var rest = Substring(source)
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                text.append(character)
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw Problem(message: "'{' without '}' in '\(source)'; write '{{' for a brace")
                }
                let name = String(rest[..<end])
                rest = rest[rest.index(after: end)...]
                try Self.check(name, ports: ports)
                pieces.append(.text(text))
                pieces.append(.variable(name))
                text = ""
            case "}":
                throw Problem(message: "'}' without '{' in '\(source)'; write '}}' for a brace")
            default:
                text.append(character)
            }
        }
        pieces.append(.text(text))
        self.pieces = pieces
    }

    /// Whether a variable stands in it.
    package func names(_ variable: String) -> Bool { pieces.contains(.variable(variable)) }

    /// The text with every variable replaced; a variable without a value throws.
    package func expanded(with values: [String: String]) throws(Problem) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .variable(let name):
                guard let value = values[name] else { throw Problem(message: "no value for '{\(name)}'") }
                result += value
            }
        }
        return result
    }

    private static func check(_ name: String, ports: [String]) throws(Problem) {
        let known = variables + ports.map { "port.\($0)" }
        guard !known.contains(name) else { return }
        let isWord = name.utf8.allSatisfy {
            NameRule.problem(withLabelKey: String(decoding: [$0], as: UTF8.self)) == nil || $0 == 0x2E
        }
        let others = isWord ? "; there are \(known.joined(separator: ", "))" : "; write '{{' and '}}' for braces"
        let hint = NearestName.of(name, among: known).map { "; did you mean '{\($0)}'?" } ?? others
        throw Problem(message: "'{\(name)}' is not a variable\(hint)")
    }
}

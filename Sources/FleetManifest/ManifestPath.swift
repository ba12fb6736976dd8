/// Where a value stands in a document, from its root.
package struct ManifestPath: Hashable, Sendable {
    /// One step down.
    package enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    /// From the root.
    package var steps: [Step]

    /// A path; the root when nothing is given.
    package init(_ steps: [Step] = []) {
        self.steps = steps
    }

    /// One step further.
    package func appending(_ key: String) -> ManifestPath { ManifestPath(steps + [.key(key)]) }

    /// One step further.
    package func appending(_ index: Int) -> ManifestPath { ManifestPath(steps + [.index(index)]) }

    /// The JSON Pointer (RFC 6901): `/spec/ports/0`.
    package var pointer: String {
        steps.map { step in
            switch step {
            case .key(let key): "/" + Self.escaped(key)
            case .index(let index): "/\(index)"
            }
        }.joined()
    }

    private static func escaped(_ key: String) -> String {
        var text = ""
        for character in key {
            switch character {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(character)
            }
        }
        return text
    }
}

extension ManifestPath: CustomStringConvertible {
    /// As people write it: `spec.ports[0]`.
    package var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}

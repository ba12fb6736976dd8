/// What an environment variable has.
package enum VariableValue: Hashable, Sendable {
    /// A text; a template.
    case text(String)
    /// The text of a file of the host that serves, by its absolute path. It is read there, at each start: nobody else ever has
    /// it.
    case file(String)

    /// The text; `nil` where it stands in a file.
    package var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The file; `nil` where it is a text.
    package var file: String? { if case .file(let path) = self { path } else { nil } }

    /// As canonical bytes write it: a text, or an object that names the file.
    package var canonicalValue: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .file(let path): .object(["file": .string(path)])
        }
    }

    /// Why a path cannot name a file of a host.
    package static func problem(withFile path: String) -> String? {
        guard path.hasPrefix("/") else { return "is no absolute path of a file on the host" }
        guard path.utf8.count <= 1024 else { return "is longer than 1024 bytes" }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return "holds a control character" }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." } ? nil : "has an empty part, '.' or '..'"
    }
}

extension VariableValue: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .text(text) }
}

extension VariableValue: Codable {
    private enum CodingKeys: CodingKey { case file }

    package init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self = .text(text)
        } else {
            self = .file(try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .file))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .file(let path):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(path, forKey: .file)
        }
    }
}

extension VariableValue: CustomStringConvertible {
    /// For people.
    package var description: String {
        switch self {
        case .text(let text): text
        case .file(let path): "(the text of \(path) on the host)"
        }
    }
}

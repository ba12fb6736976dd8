/// Something that a runtime needs installed on a host: a command that must succeed there, and the version it must say.
package struct RuntimeRequirement: Hashable, Sendable, Codable {
    /// The program and its arguments; no templates, no shell.
    package var command: [String]
    /// Which versions will do; any when `nil`, as long as the command succeeds.
    package var matches: VersionRange?

    /// Something that a runtime needs.
    package init(command: [String], matches: VersionRange? = nil) {
        self.command = command
        self.matches = matches
    }

    /// As canonical bytes write it.
    var canonicalValue: JSONValue {
        var members: [String: JSONValue] = ["command": .array(command.map { .string($0) })]
        members["matches"] = matches.map { .string($0.text) }
        return .object(members)
    }
}

extension RuntimeRequirement: CustomStringConvertible {
    /// For people: the command as it would be typed, and the versions.
    package var description: String {
        let words = command.joined(separator: " ")
        return matches.map { "\(words) (\($0))" } ?? words
    }
}

/// The model server itself as content: what a runtime brings along instead of asking a host for it.
package struct RuntimeBundle: Hashable, Sendable, Codable {
    /// What becomes of the files on a host.
    package enum Install: String, Hashable, Sendable, Codable, CaseIterable {
        /// They are a program with all that it needs, and are used as they are.
        case directory
        /// They are Python wheels, which become an environment of their own.
        case wheels
    }

    /// What makes an environment where a runtime says nothing.
    package static let standardPython = "python3"

    /// What becomes of the files on a host.
    package var install: Install
    /// The digest of the bundle's list; `nil` in a manifest whose bundle has not been pushed yet, never in a revision.
    package var digest: Digest?
    /// The host's interpreter that makes the environment, by name or path; ``standardPython`` when `nil`. For wheels alone.
    package var python: String?

    /// A runtime's bundle.
    package init(install: Install, digest: Digest? = nil, python: String? = nil) {
        self.install = install
        self.digest = digest
        self.python = python
    }

    /// The host's interpreter that makes the environment.
    package var interpreter: String { python ?? Self.standardPython }

    /// As canonical bytes write it.
    package var canonicalValue: JSONValue {
        var members: [String: JSONValue] = ["install": .string(install.rawValue)]
        if let digest { members["digest"] = .string(digest.description) }
        if let python { members["python"] = .string(python) }
        return .object(members)
    }
}

import Fleet

/// How documents are planned and applied; what is left out is as the API has it.
package struct ApplySettings: Sendable {
    /// Whether replicas may stop on more than one host.
    package var allowRemoval: Bool?
    /// Whether names are resolved again where the written content is the same.
    package var resolve: Bool
    /// A selector of the set that the documents are the whole of.
    package var prune: String?
    /// The hash of the plan that is meant.
    package var plan: String?
    /// At which versions objects were read, by `Kind/name`: one that has changed since is not overwritten.
    package var expected: [String: UInt64]

    /// How documents are planned and applied.
    package init(
        allowRemoval: Bool? = nil,
        resolve: Bool = false,
        prune: String? = nil,
        plan: String? = nil,
        expected: [String: UInt64] = [:]
    ) {
        self.allowRemoval = allowRemoval
        self.resolve = resolve
        self.prune = prune
        self.plan = plan
        self.expected = expected
    }

    /// As members of a request's body, each with its JSON.
    var members: [(String, String?)] {
        [
            ("allowRemoval", allowRemoval.map { $0 ? "true" : "false" }), ("resolve", resolve ? "true" : nil),
            ("prune", prune.map { JSONValue.string($0).compactText }),
            ("plan", plan.map { JSONValue.string($0).compactText }),
            (
                "expected",
                expected.isEmpty ? nil : JSONValue.object(expected.mapValues { .integer(Int64($0)) }).compactText
            ),
        ]
    }
}

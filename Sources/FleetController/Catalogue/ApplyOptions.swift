package import Fleet

/// How documents are applied.
package struct ApplyOptions: Sendable {
    /// Whether replicas may stop on more than one host.
    package var allowsRemoval: Bool
    /// Whether names are resolved again although the written content is the same.
    package var resolvesAgain: Bool
    /// The set that the documents are the whole of: what else has these labels is deleted.
    package var prune: LabelSelector?
    /// The plan that is meant: another is refused.
    package var plan: PlanHash?
    /// The versions at which objects were read, by `Kind/name`; 0 for one that was not there. One that changed since is
    /// refused.
    package var expected: [String: UInt64]

    /// How documents are applied.
    package init(
        allowsRemoval: Bool = false,
        resolvesAgain: Bool = false,
        prune: LabelSelector? = nil,
        plan: PlanHash? = nil,
        expected: [String: UInt64] = [:]
    ) {
        self.allowsRemoval = allowsRemoval
        self.resolvesAgain = resolvesAgain
        self.prune = prune
        self.plan = plan
        self.expected = expected
    }
}

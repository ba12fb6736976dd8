/// What applying some documents would do. It only shows.
package struct PlanView: Sendable, Codable {
    /// Plans of up to so many hosts are shown whole.
    package static let wholeList = 20

    /// Of what is desired, the eligible hosts and the revisions they come from: what `apply` is given that must do just this.
    package var hash: String
    /// One a document, and one for each object that is deleted because it is not among them.
    package var changes: [PlanChange]
    /// How many hosts see what, each host and deployment in one group.
    package var groups: [PlanGroup]
    /// One a host and deployment that would change: all of them, or the first few.
    package var hosts: [PlanHost]

    /// What applying some documents would do. It only shows.
    ///
    /// - Parameter hosts: every one.
    package init(
        hash: String,
        changes: [PlanChange],
        hosts: [PlanHost]
    ) {
        self.hash = hash
        self.changes = changes
        self.hosts = hosts
        groups = PlanGroup.of(hosts)
    }

    /// How many hosts would change, those that are not listed too.
    package var size: Int { groups.reduce(0) { $0 + $1.hosts } }

    /// A long plan with its first hosts only, half of the places for hosts with a note: they need a look. A short one as it
    /// is.
    package var shortened: PlanView {
        guard hosts.count > Self.wholeList else { return self }
        let ordered = hosts.enumerated().sorted { left, right in
            (left.element.wave ?? .max, left.offset) < (right.element.wave ?? .max, right.offset)
        }.map(\.element)
        let noted = ordered.filter { $0.note != nil }.prefix(Self.wholeList / 2)
        let first = ordered.filter { $0.note == nil }.prefix(Self.wholeList - noted.count)
        var short = self
        short.hosts = (noted + first).sorted { ($0.wave ?? .max, $0.host) < ($1.wave ?? .max, $1.host) }
        return short
    }
}

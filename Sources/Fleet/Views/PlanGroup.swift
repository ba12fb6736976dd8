/// Hosts of a plan that see the same: one line of a long plan.
package struct PlanGroup: Sendable, Codable {
    /// The deployment's name.
    package var deployment: String
    /// The wave, from 0; nil for removals.
    package var wave: Int?
    /// What they serve.
    package var from: RevisionView?
    /// What they would serve; nil for removals.
    package var to: RevisionView?
    /// The interruption to expect.
    package var gap: String?
    /// How long connections to what they serve may go on, at most.
    package var drain: Span?
    /// How many hosts: at least 1.
    package var hosts: Int
    /// Bytes that all of them fetch together.
    package var fetchBytes: Int64
    /// How many of them have a note, for example that they cannot be reached.
    package var noted: Int

    /// What tells groups apart.
    private struct Key: Hashable {
        var deployment: String
        var wave: Int?
        var from: Digest?
        var to: Digest?
        var gap: String?
        var drain: Span?
    }

    /// The groups of some hosts: by deployment, then by wave, removals last.
    package static func of(_ hosts: [PlanHost]) -> [PlanGroup] {
        var places: [Key: Int] = [:]
        var groups: [PlanGroup] = []
        for host in hosts {
            let key = Key(
                deployment: host.deployment,
                wave: host.wave,
                from: host.from?.digest,
                to: host.to?.digest,
                gap: host.gap,
                drain: host.drain
            )
            let place = places[key] ?? groups.count
            if place == groups.count {
                places[key] = place
                groups.append(PlanGroup(of: host))
            }
            groups[place].hosts += 1
            groups[place].fetchBytes += host.fetchBytes ?? 0
            groups[place].noted += host.note == nil ? 0 : 1
        }
        return groups.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            return (one.deployment, one.order, left.offset) < (other.deployment, other.order, right.offset)
        }.map(\.element)
    }

    /// Of a list's waves, then what no wave holds, then what is removed.
    private var order: Int { wave ?? (to == nil ? .max : .max - 1) }

    private init(of host: PlanHost) {
        deployment = host.deployment
        wave = host.wave
        from = host.from
        to = host.to
        gap = host.gap
        drain = host.drain
        hosts = 0
        fetchBytes = 0
        noted = 0
    }
}

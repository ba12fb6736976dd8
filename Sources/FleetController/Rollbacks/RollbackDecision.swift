import Fleet
import FleetStore

/// What a rollback does with one deployment.
enum RollbackDecision {
    /// A rollback of it runs already: nobody goes two versions back because two people pressed.
    case join(id: String)
    /// These are condemned; hosts go to the target, or each to its own.
    case go(condemned: [RevisionReference], target: RevisionReference?)
    /// Nothing of it is rolled back.
    case refuse(why: String, next: String)

    /// Decides, from what was read.
    ///
    /// - Parameters:
    ///   - again: whether what has just been rolled back goes one version further back all the same.
    ///   - served: what hosts served at the time that was asked for, by their ids.
    init(
        _ basis: RollbackBasis,
        to: Rollback.Destination,
        again: Bool = false,
        served: [String: RevisionReference] = [:]
    ) {
        guard basis.isEverywhere || !basis.hosts.isEmpty else {
            self = .refuse(
                why: "none of its hosts matches the selector of hosts",
                next: "see its hosts: muster describe deployment \(basis.name)"
            )
            return
        }
        switch to {
        case .lastGood: self = Self.lastGood(basis, again: again)
        case .version(let version): self = Self.version(version, basis)
        case .time(let time): self = Self.time(time, served, basis)
        }
    }

    private static func lastGood(_ basis: RollbackBasis, again: Bool) -> RollbackDecision {
        if let running = basis.running {
            let covers = running.hosts.map { hosts in
                !basis.isEverywhere && basis.hosts.allSatisfy { hosts.contains($0.id) }
            }
            if covers ?? true { return .join(id: running.id) }
        }
        if let wanted = basis.condemnable {
            guard !again, let recent = basis.recent, recent.isPressedAgain(condemning: wanted, basis.rollout) else {
                return .go(condemned: [wanted], target: nil)
            }
            return .refuse(
                why: "\(recent.words); another one would go one version further back",
                next: "see how that stands: muster rollback status \(recent.rollback.id); "
                    + "to go further back all the same, ask for it: --again"
            )
        }
        guard let newest = basis.succeeded.last, let hold = basis.held(newest) else {
            return .refuse(
                why: "there is nothing to roll back: no rollout of it has succeeded, and none is under way",
                next: "see 'muster explain deployment/\(basis.name)'"
            )
        }
        return .refuse(
            why: "there is nothing to roll back: every revision that succeeded is condemned already, "
                + "the newest by \(hold.actor) since \(hold.since): \(hold.reason)",
            next: "apply a new version, or lift what was condemned by mistake: muster hold lift \(hold.id)"
        )
    }

    private static func version(_ version: String, _ basis: RollbackBasis) -> RollbackDecision {
        let numbers = Set(basis.revisions.filter { $0.version == version }.map(\.reference.digest))
        guard let target = basis.succeeded.last(where: { numbers.contains($0.digest) }) else {
            var known: [String] = []
            for reference in basis.succeeded.reversed() {
                let name = basis.revisions.first { $0.reference.digest == reference.digest }?.version
                if let name, !known.contains(name) { known.append(name) }
            }
            let list = known.prefix(10).joined(separator: ", ")
            return .refuse(
                why: "version \(version) never succeeded here",
                next: known.isEmpty
                    ? "no version has yet: see 'muster explain deployment/\(basis.name)'"
                    : "these have, newest first: \(list)"
            )
        }
        return to(target, called: "version \(version)", basis)
    }

    /// Decided for the whole deployment: the revision that most hosts of the scope served then, of those that succeeded.
    private static func time(
        _ time: Instant,
        _ served: [String: RevisionReference],
        _ basis: RollbackBasis
    ) -> RollbackDecision {
        var counts: [Digest: Int] = [:]
        for host in basis.hosts {
            if let revision = served[host.id] { counts[revision.digest, default: 0] += 1 }
        }
        let candidates = basis.succeeded.filter { counts[$0.digest] != nil }
        let most = candidates.compactMap { counts[$0.digest] }.max()
        guard let target = candidates.last(where: { counts[$0.digest] == most }) else {
            let why =
                counts.isEmpty
                ? "none of its hosts is known to have served anything at \(time)"
                : "what its hosts served at \(time) never succeeded"
            return .refuse(
                why: why,
                next: "see what was served when: muster where MODEL --at TIME, or name a version: --to VERSION"
            )
        }
        return to(target, called: "what most of its hosts served at \(time), revision \(target.number),", basis)
    }

    private static func to(_ target: RevisionReference, called words: String, _ basis: RollbackBasis)
        -> RollbackDecision
    {
        if let hold = basis.holds.first(where: { hold in
            hold.condemns(target) && (hold.hosts == nil || basis.hosts.contains { hold.applies(to: $0.id) })
        }) {
            return .refuse(
                why: "\(words) is condemned by \(hold.actor) since \(hold.since): \(hold.reason)",
                next: "choose another, or lift it first: muster hold lift \(hold.id)"
            )
        }
        let later = basis.later(than: target).filter { basis.held($0) == nil }
        guard !later.isEmpty else {
            return .refuse(
                why: "\(words) is wanted already, and nothing is later",
                next: "see 'muster describe deployment \(basis.name)'"
            )
        }
        return .go(condemned: later, target: target)
    }
}

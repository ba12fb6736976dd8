package import Fleet

/// Tells one host that returns from two machines that share its identity: the rule, for one host (DESIGN §6).
///
/// What a newest session is let in by, in this order:
///
/// * another machine id than the host enrolled with: a copy of the disk. It never gets in;
/// * nobody is in, or the same process returns (a network drop): it gets in at once. So does another process (a restart, a
///   power cut), until processes that were displaced come back, and there were three displacements within a minute;
/// * then they are two, and the one that does not match the enrolment is refused: who bears the machine id of the enrolment
///   when the others bear none, else who had been in for ten minutes before the others came. When nothing tells them apart
///   nobody is let in for ten minutes: what the fleet would tell one of them at random would be worse than nothing, both
///   serve on, and a person must hear of it;
/// * who is refused stays so for ten minutes, and for as long as the one that is right has its session.
package struct CloneWatch: Sendable {
    /// Who says Hello.
    package struct Peer: Hashable, Sendable {
        /// Its machine id; empty when it says none.
        package var machine: String
        /// Its boot.
        package var boot: String
        /// Its process; empty when it says none.
        package var run: String
        /// Where it dials from, without the port.
        package var address: String

        /// Who says Hello.
        package init(machine: String, boot: String, run: String, address: String) {
            self.machine = machine
            self.boot = boot
            self.run = run
            self.address = address
        }
    }

    /// What was found out about whoever is refused.
    package enum Finding: Hashable, Sendable {
        /// It has another instance id than the host enrolled with.
        case otherInstance
        /// It has another machine id than the host enrolled with.
        case otherMachine
        /// It and the host displaced each other.
        case displaces
        /// It and another displaced each other, and nothing tells which of them is the host.
        case indistinct
    }

    /// What a Hello leads to.
    package enum OnHello: Hashable, Sendable {
        /// Let it in; it replaces the open session.
        case admit
        /// Let it in; whoever has the open session is refused.
        case admitOver(Finding)
        /// Refuse it; the open session goes on.
        case refuse(Finding)
        /// Refuse it, and whoever has the open session.
        case refuseBoth(Finding)
    }

    /// Displacements within so long count.
    package static let window = Span.seconds(60)
    /// So many of them make a clone.
    package static let limit = 3
    /// Who is refused is refused for so long; who was in for so long is the host.
    package static let quarantine = Span.seconds(600)

    private struct Open {
        var peer: Peer
        var since: Instant
    }

    private struct Displacement {
        var at: Instant
        var from: Peer
        var to: Peer
    }

    private struct Refusal {
        var peer: Peer
        var until: Instant
        var finding: Finding
        /// Who was right.
        var right: Peer?
    }

    private var open: Open?
    private var displacements: [Displacement] = []
    private var refusals: [Refusal] = []
    /// Who had been in for long, and until when that counts.
    private var resident: Open?
    /// Displacements and refusals remembered at once; beyond it the oldest are forgotten.
    private static let remembered = 16

    /// Nobody has come.
    package init() {}

    /// A Hello of the right instance id arrived.
    ///
    /// - Parameter enrolled: the machine id that the host enrolled with; empty when it had none.
    package mutating func helloReceived(_ peer: Peer, enrolled: String, now: Instant) -> OnHello {
        guard peer.machine.isEmpty || enrolled.isEmpty || peer.machine == enrolled else {
            return .refuse(.otherMachine)
        }
        if let finding = standingRefusal(of: peer, now: now) { return .refuse(finding) }
        guard let before = open, before.peer != peer else {
            open = Open(peer: peer, since: open?.since ?? now)
            return .admit
        }
        displacements.removeAll { $0.at + Self.window < now }
        if displacements.isEmpty { settleResident(before, now: now) }
        displacements.append(Displacement(at: now, from: before.peer, to: peer))
        displacements.removeFirst(max(0, displacements.count - Self.remembered))
        guard displacements.count >= Self.limit, hasReturned else {
            open = Open(peer: peer, since: now)
            return .admit
        }
        return conflict(between: peer, and: before.peer, enrolled: enrolled, now: now)
    }

    /// The open session is over, but for one that another has replaced.
    package mutating func sessionClosed(now: Instant) {
        if let open, open.since + Self.quarantine <= now { resident = Open(peer: open.peer, since: now) }
        open = nil
    }

    private mutating func standingRefusal(of peer: Peer, now: Instant) -> Finding? {
        guard let index = refusals.firstIndex(where: { $0.peer == peer }) else { return nil }
        let refusal = refusals[index]
        if let right = refusal.right, open?.peer == right {
            refusals[index].until = now + Self.quarantine
            return refusal.finding
        }
        guard refusal.until <= now else { return refusal.finding }
        refusals.remove(at: index)
        return nil
    }

    /// Others begin to come: whether whoever is in, or was until a moment ago, has been in for long.
    private mutating func settleResident(_ before: Open, now: Instant) {
        if before.since + Self.quarantine <= now {
            resident = Open(peer: before.peer, since: now)
        } else if let left = resident, left.since + Self.window < now {
            resident = nil
        }
    }

    /// Whether somebody came back that had been displaced.
    private var hasReturned: Bool {
        displacements.indices.contains { later in
            displacements[..<later].contains { $0.from == displacements[later].to }
        }
    }

    private mutating func conflict(
        between new: Peer,
        and old: Peer,
        enrolled: String,
        now: Instant
    ) -> OnHello {
        let involved = Set(displacements.flatMap { [$0.from, $0.to] })
        let named = involved.filter { !enrolled.isEmpty && $0.machine == enrolled }
        let right = named.count == 1 ? named.first : resident.flatMap { involved.contains($0.peer) ? $0.peer : nil }
        let finding = right == nil ? Finding.indistinct : .displaces
        displacements = []
        for peer in involved where peer != right {
            refusals.removeAll { $0.peer == peer }
            refusals.append(Refusal(peer: peer, until: now + Self.quarantine, finding: finding, right: right))
        }
        refusals.removeFirst(max(0, refusals.count - Self.remembered))
        if right == old { return .refuse(finding) }
        open = right == new ? Open(peer: new, since: now) : nil
        return right == new ? .admitOver(finding) : .refuseBoth(finding)
    }
}

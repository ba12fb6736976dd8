import Fleet
import FleetStore
import Synchronization

/// Knows the epoch, whether the controller is frozen, and which hosts say that they have seen more than the store; told from
/// event loops, judged by the planning loop.
///
/// A host that has journalled what this store has never given means one of two things. Either the store is an old backup: then
/// the hosts that it has forgotten something of say so, all of them. Or the host lies, or its journal is damaged: then it is
/// alone, and must not stop the fleet. So
///
/// * a claim of enough hosts (two, or one in a hundred of those enrolled; the only one of a fleet of one) freezes the controller
///   until a person thaws it;
/// * a claim of fewer quarantines these hosts: nothing is sent to them, and planning takes them for hosts that cannot be
///   reached, until a person believes them (`muster-controller thaw`) or they take the claim back. What the store has
///   forgotten concerns them alone, by everything that the others say;
/// * a store is only put back while no controller runs. So after a start nothing is sent while a claim is undecided, until
///   enough claims have come, every host has been heard, or all of them have had the time to connect. Later claims are decided
///   at once.
///
/// One host can thus hold up a fleet once a start, for as long as hosts take to reconnect, and not more: one that was in
/// quarantine and claims again is there again at once. It can raise the epoch of a frozen controller, which a person may be
/// looking at, once.
final class RestoreWatch: Sendable {
    /// The highest generation that a peer may name: far above all that a controller can give, and far below an overflow.
    private static let highest: UInt64 = 1 << 53
    /// More restores than a store can have missed.
    private static let restores: UInt64 = 1 << 20

    /// What a greeting means.
    enum Greeting {
        /// Nothing, or nothing new.
        case usual
        /// The host has seen what this store has never given.
        case claims
        /// It said so before, and does not any more.
        case withdraws
    }

    /// What is to be done about claims.
    enum Verdict: Equatable {
        case nothing
        /// No claim waits any more: whatever was held back meanwhile is to be sent.
        case resumed
        /// More hosts may come that say the same.
        case undecided
        /// Too few hosts say so: they are in quarantine from now on.
        case doubtful(Set<String>)
        /// The store is an old backup; the claims are to be stored with the freeze.
        case restored([String: AssignmentVersion])
    }

    fileprivate struct State {
        var record: ControllerRecord
        /// Claims that are not decided, or not stored yet, by host id.
        var sightings: [String: AssignmentVersion] = [:]
        /// Claims of hosts that are in quarantine.
        var doubtful: [String: AssignmentVersion] = [:]
        /// Hosts that were in quarantine since the start: nobody waits for what becomes of another claim of theirs.
        var doubted: Set<String> = []
        /// Hosts whose claim was believed: an honest one has no second.
        var believed: Set<String> = []
        /// Whether something may have been held back for a claim that was not decided.
        var isHeld = false
        /// Hosts that have greeted since the start.
        var heard: Set<String> = []
    }

    private let decidedFrom: Instant
    private let state: Mutex<State>

    /// - Parameter decidedFrom: when every host has had the time to connect.
    init(_ record: ControllerRecord, decidedFrom: Instant) {
        state = Mutex(State(record: record))
        self.decidedFrom = decidedFrom
    }

    /// The epoch that is stored.
    var epoch: UInt64 { state.withLock { $0.record.epoch } }

    /// Whether nothing may be sent to hosts.
    var isFrozen: Bool { state.withLock(\.isFrozen) }

    /// What a frozen controller says beside everything; empty while the store is not frozen.
    var frozen: [Explanation] {
        state.withLock { $0.record.frozen }.map { [.frozen(because: $0.reason, since: $0.since)] } ?? []
    }

    /// Whether a claim waits to be decided or stored, or something for the end of that.
    var isWaiting: Bool { state.withLock { !$0.sightings.isEmpty || $0.isHeld } }

    /// The claims of hosts that are in quarantine.
    var quarantined: [String: AssignmentVersion] { state.withLock(\.doubtful) }

    /// Whether something may be sent to a host, and what it reports of numbers is believed.
    func maySend(to host: String) -> Bool {
        state.withLock { !$0.isFrozen && $0.doubtful[host] == nil }
    }

    /// Whether what a host says of the numbers that it has seen is not believed, or not yet.
    func isDoubtful(_ host: String) -> Bool {
        state.withLock { $0.doubtful[host] != nil || $0.sightings[host] != nil }
    }

    /// Whether any controller can have given a version.
    func isPossible(_ version: AssignmentVersion) -> Bool {
        version.generation <= Self.highest && version.epoch <= epoch + Self.restores
    }

    /// A host says what it has journalled.
    ///
    /// - Parameter given: the highest generation that it can have from this store.
    func greeted(_ host: String, with version: AssignmentVersion, given: UInt64) -> Greeting {
        state.withLock { state in
            state.heard.insert(host)
            guard version > AssignmentVersion(epoch: state.record.epoch, generation: given) else {
                state.sightings[host] = nil
                return state.doubtful.removeValue(forKey: host) == nil ? .usual : .withdraws
            }
            guard !state.doubted.contains(host) else {
                return state.doubtful.updateValue(version, forKey: host) == nil ? .claims : .usual
            }
            state.sightings[host] = version
            state.isHeld = true
            return .claims
        }
    }

    /// Decides about the claims that wait.
    ///
    /// - Parameter enrolled: how many hosts there are; only asked where claims are counted.
    func verdict(enrolled: @autoclosure () -> Int, now: Instant) -> Verdict {
        state.withLock { state in
            guard !state.sightings.isEmpty else {
                let claims = state.doubtful.filter { !state.believed.contains($0.key) }
                if state.record.frozen == nil, claims.count > 1, claims.count >= Self.enough(of: enrolled()) {
                    return .restored(claims)
                }
                defer { state.isHeld = false }
                return state.isHeld && !state.isFrozen ? .resumed : .nothing
            }
            let again = state.believed.intersection(state.sightings.keys)
            guard again.isEmpty else { return state.doubt(again) }
            if state.record.frozen != nil { return .restored(state.sightings) }
            let claims = state.sightings.merging(state.doubtful) { claim, _ in claim }
            let enrolled = enrolled()
            if claims.count >= Self.enough(of: enrolled) { return .restored(claims) }
            guard now >= decidedFrom || state.heard.count >= enrolled else { return .undecided }
            return state.doubt(Set(state.sightings.keys))
        }
    }

    /// How many hosts are believed.
    static func enough(of enrolled: Int) -> Int { min(max(2, (enrolled + 99) / 100), max(1, enrolled)) }

    /// The store has frozen or thawed; of two records the later one counts.
    ///
    /// - Parameter claims: those that are stored with it.
    func committed(_ record: ControllerRecord, storing claims: [String: AssignmentVersion] = [:]) {
        state.withLock { state in
            for (host, version) in claims {
                state.believed.insert(host)
                if state.sightings[host] == version { state.sightings[host] = nil }
                if state.doubtful[host] == version { state.doubtful[host] = nil }
            }
            if record.revision >= state.record.revision { state.record = record }
        }
    }
}

extension RestoreWatch.State {
    fileprivate var isFrozen: Bool { record.frozen != nil || !sightings.isEmpty }

    fileprivate mutating func doubt(_ hosts: Set<String>) -> RestoreWatch.Verdict {
        for host in hosts { doubtful[host] = sightings.removeValue(forKey: host) }
        doubted.formUnion(hosts)
        return .doubtful(hosts)
    }
}

import Fleet
import NIOCore

/// What the simulated agents of one event loop have seen. It stays on that loop; `snapshot` is what leaves it.
final class LoopRecorder {
    /// A copy of everything, for any thread.
    struct Snapshot: Sendable {
        var leases = LatencyHistogram()
        var connects = LatencyHistogram()
        var established = 0
        var lost = 0
        var assignments = 0
        var reasons: [String: Int] = [:]
        var rollbacks: [String: RollbackTimes] = [:]

        mutating func merge(_ other: Snapshot) {
            leases.merge(other.leases)
            connects.merge(other.connects)
            established += other.established
            lost += other.lost
            assignments += other.assignments
            reasons.merge(other.reasons) { $0 + $1 }
            for (id, times) in other.rollbacks { rollbacks[id, default: RollbackTimes()].merge(times) }
        }
    }

    private var state = Snapshot()
    private var isRecording = false

    var snapshot: Snapshot { state }

    /// From now on answers to leases count.
    func begin() {
        state.leases = LatencyHistogram()
        isRecording = true
    }

    /// From now on they do not.
    func end() {
        isRecording = false
    }

    func sessionEstablished(after nanoseconds: Int64) {
        state.established += 1
        state.connects.record(nanoseconds: nanoseconds)
    }

    func leaseAnswered(after nanoseconds: Int64) {
        if isRecording { state.leases.record(nanoseconds: nanoseconds) }
    }

    func assignmentReceived() {
        state.assignments += 1
    }

    func passed(_ milestone: SwarmHost.Milestone, at now: Instant) {
        state.rollbacks[milestone.rollback, default: RollbackTimes()].note(milestone, at: now)
    }

    func sessionLost(_ reason: String) {
        state.lost += 1
        state.reasons[reason, default: 0] += 1
    }
}

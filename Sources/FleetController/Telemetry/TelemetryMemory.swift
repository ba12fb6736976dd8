import Fleet
import FleetMetrics
import FleetProtocol
import FleetStore
import NIOCore
import Synchronization

/// What hosts measure: the newest of each host and replica, and roll-ups on their way to the store. Everything is bounded;
/// what is too much is let go and counted. Called on event loops: it never waits.
final class TelemetryMemory: Sendable {
    /// Bytes a second, and at once, from one host: a returning host may bring what it has spooled.
    static let hostRate = (rate: 64.0 * 1024, burst: 1024.0 * 1024)
    /// The same of all hosts.
    static let fleetRate = (rate: 16.0 * 1024 * 1024, burst: 32.0 * 1024 * 1024)
    /// Roll-ups that may wait for the store.
    static let waitingLimit = 500_000

    private struct Host {
        var allowance: ByteAllowance
        /// By deployment; the host itself under the empty name.
        var series: [String: FigureSeries] = [:]
        /// Batches that the host has dropped.
        var dropped: UInt64 = 0
    }

    private struct State {
        var allowance: ByteAllowance
        var hosts: [String: Host] = [:]
        var waiting: [RollUpKey: RollUp] = [:]
        var tally = TelemetryTally()
    }

    private let now: @Sendable () -> Instant
    private let elapsed: @Sendable () -> Span
    private let state: Mutex<State>

    init(
        now: @escaping @Sendable () -> Instant,
        elapsed: @escaping @Sendable () -> Span,
        fleetRate: (rate: Double, burst: Double) = fleetRate
    ) {
        self.now = now
        self.elapsed = elapsed
        state = Mutex(
            State(allowance: ByteAllowance(rate: fleetRate.rate, burst: fleetRate.burst, at: elapsed()))
        )
    }

    /// Takes a batch of a host; `false` when it was let go.
    func take(_ message: ByteBuffer, of host: String) -> Bool {
        let bytes = message.readableBytes
        let (now, elapsed) = (now(), elapsed())
        // Before it is read: reading is what costs.
        let refusal = state.withLock { state -> TelemetryTally.Shed? in
            guard bytes <= FleetLimits.telemetryBytes else { return .invalid }
            var known = state.hosts[host] ?? Self.newHost(elapsed)
            let isAdmitted = known.allowance.admits(bytes, at: elapsed)
            state.hosts[host] = known
            guard isAdmitted else { return .hostRate }
            return state.allowance.admits(bytes, at: elapsed) ? nil : .rate
        }
        guard refusal == nil, let wire = try? WireTelemetryBatch(buffer: message), let records = try? wire.records()
        else {
            state.withLock { $0.tally.shed[refusal ?? .invalid, default: 0] += 1 }
            return false
        }
        state.withLock { state in
            state.tally.batches += 1
            for record in records { Self.take(record, of: host, at: now, in: &state) }
            state.hosts[host]?.dropped = wire.dropped
        }
        return true
    }

    private static func newHost(_ elapsed: Span) -> Host {
        Host(allowance: ByteAllowance(rate: hostRate.rate, burst: hostRate.burst, at: elapsed))
    }

    private static func take(_ record: FigureRecord, of host: String, at now: Instant, in state: inout State) {
        var record = record
        // A clock that is ahead would hide everything that comes after it is set right.
        record.at = min(record.at, now)
        let place = record.deployment ?? ""
        guard state.hosts[host]?.series[place] != nil else {
            if let count = state.hosts[host]?.series.count, count > FleetLimits.replicasPerHost {
                let oldest = state.hosts[host]?.series.filter { !$0.key.isEmpty }
                    .min { $0.value.newest.at < $1.value.newest.at }
                if let oldest { state.hosts[host]?.series[oldest.key] = nil }
            }
            state.hosts[host]?.series[place] = FigureSeries(record)
            state.tally.records += 1
            return
        }
        guard let changes = state.hosts[host]?.series[place]?.take(record) else { return }
        state.tally.records += 1
        for (figure, value) in changes {
            let key = RollUpKey(host: host, deployment: record.deployment, figure: figure, at: record.at)
            if state.waiting[key] == nil, state.waiting.count >= waitingLimit {
                state.tally.shed[.store, default: 0] += 1
            } else {
                Self.add(RollUp(value), to: key, in: &state)
            }
        }
    }

    private static func add(_ rollUp: RollUp, to key: RollUpKey, in state: inout State) {
        if state.waiting[key]?.merge(rollUp) == nil { state.waiting[key] = rollUp }
    }

    // MARK: For the store

    /// Takes what waits for the store.
    func takeWaiting() -> [RollUpKey: RollUp] {
        state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
    }

    /// So many were written.
    func written(_ count: Int) { state.withLock { $0.tally.rollUps += UInt64(count) } }

    /// They could not be written: they wait again, as long as there is room.
    func putBack(_ rollUps: [RollUpKey: RollUp]) {
        state.withLock { state in
            state.tally.failedWrites += 1
            for (key, rollUp) in rollUps {
                if state.waiting[key] == nil, state.waiting.count >= Self.waitingLimit {
                    state.tally.shed[.store, default: 0] += 1
                } else {
                    Self.add(rollUp, to: key, in: &state)
                }
            }
        }
    }

    // MARK: For people

    /// What was done since the start.
    var tally: TelemetryTally { state.withLock { $0.tally } }

    /// Batches that hosts say they have dropped.
    var droppedByHosts: UInt64 { state.withLock { $0.hosts.values.reduce(0) { $0 + $1.dropped } } }

    /// Everything that is known of a host: by deployment; the host itself under the empty name.
    func series(of host: String) -> [String: FigureSeries] { state.withLock { $0.hosts[host]?.series ?? [:] } }
}

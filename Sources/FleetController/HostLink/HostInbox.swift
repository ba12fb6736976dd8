import Fleet
import Synchronization

/// What hosts have said and nobody has stored yet. Bounded: one report a host (a level), and one batch of outcomes a
/// host, whose session is paused until it is stored.
final class HostInbox: Sendable {
    struct Batch: Sendable {
        var reports: [String: HostReport] = [:]
        var outcomes: [String: [HostOutcome]] = [:]

        var isEmpty: Bool { reports.isEmpty && outcomes.isEmpty }
    }

    private let waiting = Mutex(Batch())
    private let wake: WakeUp

    init(wake: WakeUp) {
        self.wake = wake
    }

    func put(report: HostReport, of host: String) {
        waiting.withLock { $0.reports[host] = report }
        wake.signal()
    }

    func put(outcomes: [HostOutcome], of host: String) {
        waiting.withLock { $0.outcomes[host, default: []] += outcomes }
        wake.signal()
    }

    func takeAll() -> Batch {
        waiting.withLock { batch in
            defer { batch = Batch() }
            return batch
        }
    }
}

import Fleet
import Synchronization

/// What hosts have said and nobody has stored yet. Bounded: one report a host (a level), and one batch of outcomes a
/// host, whose session is paused until it is stored.
final class HostInbox: Sendable {
    struct Batch: Sendable {
        var reports: [String: HostReport] = [:]
        var outcomes: [String: [HostOutcome]] = [:]
        /// Why something with a host's identity was refused, by the host's id.
        var clones: [String: String] = [:]

        var isEmpty: Bool { reports.isEmpty && outcomes.isEmpty && clones.isEmpty }
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

    func put(clone why: String, of host: String) {
        waiting.withLock { $0.clones[host] = why }
        wake.signal()
    }

    /// A batch could not be stored: what came since goes on top of it.
    func putBack(_ batch: Batch) {
        waiting.withLock { newer in
            newer.reports.merge(batch.reports) { newest, _ in newest }
            newer.clones.merge(batch.clones) { newest, _ in newest }
            for (host, outcomes) in batch.outcomes {
                newer.outcomes[host, default: []].insert(contentsOf: outcomes, at: 0)
            }
        }
    }

    /// Whether anything waits.
    var isWaiting: Bool { waiting.withLock { !$0.isEmpty } }

    func takeAll() -> Batch {
        waiting.withLock { batch in
            defer { batch = Batch() }
            return batch
        }
    }
}

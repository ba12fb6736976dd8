import DaemonKit
import Fleet
import Logging
import ReplicaLifecycle

/// Tells of a policy that cannot be used, and of what serves although the policy no longer allows it. It takes nothing down:
/// what is forbidden is refused when somebody wants to start it.
struct PolicyWatch: Sendable {
    /// How often the file is looked at.
    static let tick = Span.seconds(5)

    private struct Seen: Hashable {
        var stamp: PolicyFile.Stamp?
        var serving: [String: Digest]
    }

    let policy: PolicyFile
    let driver: ProcessDriver
    let board: HostBoard
    let time: TimeSource
    let logger: Logger
    /// Hears that the policy has changed.
    let changed: @Sendable () -> Void

    /// Runs until its task is cancelled.
    func run() async {
        var seen: Seen?
        var trouble: String?
        var said: [String] = []
        repeat {
            let records = board.records
            let serving = records.compactMapValues { $0.serving?.digest }
            let now = Seen(stamp: policy.stamp(), serving: serving)
            let problem = self.problem()
            // One that cannot be used may become so by another file's change.
            guard now != seen || problem != trouble else { continue }
            if let seen, seen.stamp != now.stamp { changed() }
            seen = now
            trouble = problem
            let warnings = problem.map { [$0] } ?? forbidden(records)
            for warning in warnings where !said.contains(warning) {
                logger.warning("policy stands in the way", metadata: ["why": "\(warning)"])
            }
            said = warnings
            board.put(warnings: warnings, about: .policy)
        } while (try? await time.sleep(Self.tick)) != nil
    }

    /// Why the policy cannot be used; `nil` when it can.
    private func problem() -> String? {
        do {
            _ = try policy.policy()
            return nil
        } catch {
            return error.message
        }
    }

    /// What serves and may not be started any more.
    private func forbidden(_ records: [String: ReplicaRecord]) -> [String] {
        records.values.compactMap { record -> String? in
            guard let serving = record.serving, let revision = record.revision(serving),
                let content = try? JSONCoding.content(of: revision)
            else { return nil }
            let name = record.item?.name ?? record.deployment
            let problems = driver.policyProblems(content, record.endpoint)
            guard let first = problems.first else { return nil }
            return
                "what deployment '\(name)' serves is no longer allowed here; it goes on, and would not be started again: "
                + first
        }.sorted()
    }
}

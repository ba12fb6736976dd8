package import Fleet
import FleetAgent
package import Synchronization

/// A host without model servers: it does at once what it is told, and fails what it is told to fail. A fake for the
/// supervising loop (the real one runs in EndToEnd); the link, enrolment and identity around it are the agent's own.
package final class ScriptedHost: LinkedHost {
    /// What it was told and does.
    package struct State {
        package var assignment = Assignment(version: .none, items: [])
        /// The newest item of each deployment that it knows, assigned or not.
        package var items: [String: AssignmentItem] = [:]
        package var serving: [String: RevisionReference] = [:]
        var endpoints: [String: Endpoint] = [:]
        package var good: [String: [RevisionReference]] = [:]
        package var failing: Set<String> = []
        /// Whether rollbacks stay under way.
        package var isSlow = false
        /// Whether whatever is new there stays under way.
        package var isStuck = false
        /// The names of deployments that somebody has pinned there.
        package var pinned: Set<String> = []
        /// Whether it says that it could go back.
        package var isReady = false
        package var outcomes: [HostOutcome] = []
        package var listeners: [AsyncStream<Void>.Continuation] = []
        package var taken: [AssignmentVersion] = []
        /// Whether it was told of a session, and not of its loss.
        package var hasSession = false
    }

    /// Never reboots.
    package let boot = "boot"
    /// What tests look at.
    package let state = Mutex(State())

    /// A host that has been told nothing.
    package init() {}

    /// Versions whose bundle text is here fail their proof.
    package func fail(_ versions: Set<String>) {
        state.withLock { $0.failing = versions }
    }

    /// Says from now on that it could go back.
    package func becomeReady() {
        let listeners = state.withLock { state in
            state.isReady = true
            return state.listeners
        }
        for listener in listeners { listener.yield() }
    }

    /// Whether whatever is new there stays under way from now on.
    package func stick(_ isStuck: Bool) {
        let listeners = state.withLock { state in
            state.isStuck = isStuck
            return state.listeners
        }
        for listener in listeners { listener.yield() }
    }

    package func newestAssignment() async -> AssignmentVersion { state.withLock { $0.assignment.version } }

    package func report(sequence: UInt64) async -> HostReport {
        state.withLock { state in
            HostReport(
                sequence: sequence,
                assignment: state.assignment.version,
                facts: HostFacts(
                    agentVersion: "test",
                    user: "test",
                    isRoot: false,
                    address: "127.0.0.1",
                    kernel: "Linux",
                    processors: 1,
                    memory: 1,
                    boot: "boot"
                ),
                replicas: state.items.values.sorted { $0.deployment < $1.deployment }
                    .map { Self.report(of: $0, in: &state) }
            )
        }
    }

    package func outcomes(after sequence: UInt64) async -> [HostOutcome] {
        state.withLock { $0.outcomes.filter { $0.sequence > sequence } }
    }

    package func newestOutcome() async -> UInt64 { state.withLock { $0.outcomes.last?.sequence ?? 0 } }

    package func outcomesStored(through sequence: UInt64) async {
        state.withLock { $0.outcomes.removeAll { $0.sequence <= sequence } }
    }

    package func take(_ assignment: Assignment) async throws {
        let listeners = state.withLock { state in
            guard assignment.version > state.assignment.version else { return state.listeners }
            // What is not mentioned goes on serving and is reported, unless it was stopped for good.
            state.items = state.items.filter { $0.value.order != .remove }
            for item in assignment.items { state.items[item.deployment] = item }
            state.assignment = assignment
            state.taken.append(assignment.version)
            return state.listeners
        }
        for listener in listeners { listener.yield() }
    }

    package func leaseTurn() async -> UInt64 { 1 }

    package func sessionBegan() { state.withLock { $0.hasSession = true } }

    package func sessionLost(silence: Span) { state.withLock { $0.hasSession = false } }

    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    private static func report(of item: AssignmentItem, in state: inout State) -> ReplicaReport {
        var report = ReplicaReport(
            deployment: item.deployment,
            name: item.name,
            item: item.number,
            goal: item.revision?.reference,
            state: .verified,
            since: Instant(milliseconds: 1)
        )
        switch item.order {
        case .remove:
            state.serving[item.deployment] = nil
            report.state = .removed
        case .rollback where state.pinned.contains(item.name):
            report.pin = LocalPin(actor: "bob", reason: "a demo", since: Instant(milliseconds: 1))
            report.receipt = .pinned
        case .rollback(_, .wait):
            report.state = .staged
            report.receipt = .inProgress(.staged)
        case .rollback(_, .go):
            let target =
                item.revision?.reference ?? state.good[item.deployment]?.last { item.holds.condemning($0) == nil }
            if let target, !state.isSlow {
                state.serving[item.deployment] = target
                state.endpoints[item.deployment] = item.endpoint
            }
            report.goal = target
            report.receipt = target.map { .done(serving: $0) } ?? .noTarget(.keepServing)
            // As ReplicaLifecycle settles it.
            if target == nil { report.state = .revertFailed }
            if state.isSlow {
                report.state = .starting
                report.receipt = .inProgress(.starting)
            }
        case .stage:
            let isServing = item.revision != nil && state.serving[item.deployment] == item.revision?.reference
            report.state = isServing ? .verified : .staged
        case .converge:
            let text = item.revision.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
            if state.isStuck, item.revision?.reference != state.serving[item.deployment] {
                report.state = .starting
            } else if state.failing.contains(where: { text.contains("\"version\":\"\($0)\"") }) {
                report.state = .reverted
                report.reason = "the golden probe did not match"
                report.failure = ReplicaFailure(kind: .transition, state: .probing)
            } else {
                state.serving[item.deployment] = item.revision?.reference
                state.endpoints[item.deployment] = item.endpoint
                if item.revision == nil { report.state = .reverted }
            }
        }
        report.serving = state.serving[item.deployment]
        if report.serving != nil { report.endpoint = state.endpoints[item.deployment] }
        if let serving = report.serving, item.succeeded.contains(serving) {
            state.good[item.deployment, default: []].removeAll { $0 == serving }
            state.good[item.deployment, default: []].append(serving)
        }
        report.good = state.good[item.deployment] ?? []
        if state.isReady, let way = report.good.last(where: { $0 != report.serving }) {
            report.rollback = RollbackReadiness(.ready, revision: way)
        }
        return report
    }
}

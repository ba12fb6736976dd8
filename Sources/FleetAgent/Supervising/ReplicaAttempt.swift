import Synchronization

/// One start of one process, seen from the tasks that prepare, watch and stop it.
///
/// ```
/// preparing ──launching──▶ launching ──launched──▶ running ──ended──▶ ended
///     └─────stopRequested─────▶ ended      (a request meanwhile is told to the launcher)
/// ```
final class ReplicaAttempt: Sendable {
    /// What a request to stop means.
    enum OnStop: Sendable {
        /// Nothing was launched, and nothing will be.
        case nothingThere
        /// Whoever launches it stops it.
        case leftToLauncher
        /// Stop it.
        case stop(RunningReplica)
    }

    private enum State {
        case preparing
        case launching(isStopRequested: Bool)
        case running(RunningReplica)
        case ended
    }

    /// Ends preparing.
    let cancellation = Cancellation()
    /// Ends watching.
    let watching = Cancellation()
    private let state: Mutex<State>
    private let hurry = Mutex(false)

    /// An attempt that is to be started.
    init() {
        state = Mutex(.preparing)
    }

    /// A process that was found.
    init(running: RunningReplica) {
        state = Mutex(.running(running))
    }

    /// Preparing is over; `false` when it must not be launched any more.
    func launching() -> Bool {
        state.withLock { state in
            guard case .preparing = state else { return false }
            state = .launching(isStopRequested: false)
            return true
        }
    }

    /// It runs; `false` when it is to be stopped at once.
    func launched(_ replica: RunningReplica) -> Bool {
        state.withLock { state in
            let isStopRequested = if case .launching(true) = state { true } else { false }
            state = .running(replica)
            return !isStopRequested
        }
    }

    /// It has ended, or could not be launched.
    func ended() {
        state.withLock { $0 = .ended }
        watching.cancel()
    }

    /// It is to be stopped.
    func stopRequested() -> OnStop {
        let action = state.withLock { state -> OnStop in
            switch state {
            case .preparing, .ended:
                state = .ended
                return .nothingThere
            case .launching:
                state = .launching(isStopRequested: true)
                return .leftToLauncher
            case .running(let replica): return .stop(replica)
            }
        }
        cancellation.cancel()
        return action
    }

    /// It drains no longer than it must.
    func hurried() { hurry.withLock { $0 = true } }

    /// Whether it drains no longer than it must.
    var isHurried: Bool { hurry.withLock { $0 } }

    /// The process, while there is one.
    var running: RunningReplica? {
        state.withLock { state in if case .running(let replica) = state { replica } else { nil } }
    }
}

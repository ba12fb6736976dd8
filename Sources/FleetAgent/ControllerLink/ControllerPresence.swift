import Synchronization

/// Whether there is a session with the controller now: others dial only while there is.
package final class ControllerPresence: Sendable {
    private let state = Mutex(false)

    /// There is none.
    package init() {}

    /// Whether there is a session.
    package var isThere: Bool { state.withLock { $0 } }

    func sessionBegan() { state.withLock { $0 = true } }
    func sessionEnded() { state.withLock { $0 = false } }
}

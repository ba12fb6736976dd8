import Synchronization

/// Whether the controller can be reached.
final class ControllerReach: Sendable {
    private let state = Mutex(false)

    var isThere: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

import Fleet
import FleetController
import Synchronization

/// The time that a controller's steps see, and the id that they give next.
final class SimulatedMoment: Sendable {
    private let state = Mutex((steady: Instant(milliseconds: 0), now: Instant(milliseconds: 0), id: ""))

    /// What the next step sees.
    func set(_ steady: Instant, _ now: Instant, _ id: String) { state.withLock { $0 = (steady, now, id) } }

    /// The environment of a controller that starts now.
    var environment: ControllerEnvironment {
        ControllerEnvironment(
            now: { [self] in state.withLock { $0.now } },
            steady: { [self] in state.withLock { $0.steady } },
            freshID: { [self] in state.withLock { $0.id } }
        )
    }
}

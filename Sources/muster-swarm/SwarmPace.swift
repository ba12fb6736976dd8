import NIOCore

/// How a simulated agent sends its leases.
enum SwarmPace: Sendable, Hashable {
    /// As a real agent: at the interval that the controller's Welcome names, ±10 %.
    case asWelcomed
    /// At a fixed interval, beginning at a random phase of it.
    case every(TimeAmount)
    /// The next as soon as one is answered, with so many on the way.
    case asFastAsPossible(inflight: Int)
}

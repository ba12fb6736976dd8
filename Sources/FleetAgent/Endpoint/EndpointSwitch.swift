/// Moves a deployment's stable port from one private port to another, in the kernel.
package protocol EndpointSwitch: Sendable {
    /// Why this host cannot switch (no privilege, no nft, asked not to); `nil` when it can.
    var refusal: String? { get }
    /// From now on new connections to `port` go to a target. Atomic; whatever it pointed at before is replaced. Idempotent.
    ///
    /// - Parameter takingOver: whether a program that listens on `port` may lose its new connections to it; those that are
    ///   established stay with it.
    func open(_ port: UInt16, to target: EndpointTarget, takingOver: Bool) async throws
    /// From now on new connections to `port` are rejected (TCP reset). Idempotent.
    func close(_ port: UInt16) async throws
    /// Takes `port` out of the table. Idempotent.
    func forget(_ port: UInt16) async throws
    /// Established connections that came through an endpoint and still end at a target.
    func connections(to target: EndpointTarget) async throws -> Int
    /// Resets what is established through the endpoint to a target: at once, in a container with the next packet of either side;
    /// returns how many there were.
    func cut(_ target: EndpointTarget) async throws -> Int
    /// What the table says now: by stable port, the private port, or nil where it rejects. For adoption and `status`.
    func current() async throws -> [UInt16: UInt16?]
}

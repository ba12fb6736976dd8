/// Where an endpoint leads: a private port of the host, which names a replica's port here, and the place in a container behind it.
package struct EndpointTarget: Hashable, Sendable {
    /// The private port.
    package var port: UInt16
    /// Where its connections really go; `nil` when the host itself listens on the private port.
    package var place: ContainerPlace?

    package init(port: UInt16, place: ContainerPlace? = nil) {
        self.port = port
        self.place = place
    }
}

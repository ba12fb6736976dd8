/// Where a server in a bridged container listens: an address that this host alone reaches, and a port of the container's own.
package struct ContainerPlace: Hashable, Sendable {
    package var address: IPv4Address
    package var port: UInt16

    package init(address: IPv4Address, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `10.88.0.5:8080`, or the same as `nft` writes it, `10.88.0.5 . 8080`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.contains(":") ? text.split(separator: ":") : text.split(separator: " ")
        let isSound = text.contains(":") ? parts.count == 2 : parts.count == 3 && parts[1] == "."
        guard isSound, let address = IPv4Address(parts[0]), let port = UInt16(parts[parts.count - 1]) else {
            return nil
        }
        self.init(address: address, port: port)
    }

    /// As an element of nft's type `ipv4_addr . inet_service`.
    var element: String { "\(address) . \(port)" }
}

extension ContainerPlace: CustomStringConvertible {
    package var description: String { "\(address):\(port)" }
}

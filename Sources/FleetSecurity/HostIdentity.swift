/// Who a host is: the URI SAN `spiffe://<trust domain>/host/<id>` of its certificate (SPIFFE ID specification).
package struct HostIdentity: Sendable, Hashable {
    /// The host's id: 1–64 of `A–Z a–z 0–9 . - _`.
    package let hostID: String
    /// The trust domain that it belongs to.
    package let trustDomain: String

    /// An identity. Throws `invalidName` for an id or a trust domain that may not stand in one.
    package init(hostID: String, trustDomain: String) throws(SecurityError) {
        try Self.check(trustDomain: trustDomain)
        guard Self.isHostID(hostID) else {
            throw SecurityError(
                .invalidName,
                "the host id '\(hostID.prefix(80))' cannot stand in a certificate: "
                    + "it must be 1–64 of A–Z a–z 0–9 . - _ and not '.' or '..'; choose another"
            )
        }
        self.hostID = hostID
        self.trustDomain = trustDomain
    }

    /// The identity as a certificate carries it.
    package var uri: String { "spiffe://\(trustDomain)/host/\(hostID)" }

    /// The host's id, if the name is a host's identity in that trust domain; nil for everything else.
    package static func parse(uriSAN: String, trustDomain: String) -> String? {
        let prefix = "spiffe://\(trustDomain)/host/"
        guard uriSAN.hasPrefix(prefix) else { return nil }
        let id = String(uriSAN.dropFirst(prefix.count))
        return isHostID(id) ? id : nil
    }

    static func check(trustDomain: String) throws(SecurityError) {
        let bytes = trustDomain.utf8
        guard (1...255).contains(bytes.count), bytes.allSatisfy({ isNameByte($0) && !(0x41...0x5A).contains($0) })
        else {
            throw SecurityError(
                .invalidName,
                "the trust domain '\(trustDomain.prefix(80))' cannot stand in a certificate: "
                    + "it must be 1–255 of a–z 0–9 . - _; choose another in the controller's settings"
            )
        }
    }

    private static func isHostID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte) && text != "." && text != ".."
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

import Glibc

/// This host's addresses.
enum HostAddress {
    /// Whether something can be bound to an address here.
    static func isOwn(_ address: String) -> Bool { HostPorts(address: address, ephemeral: 0...0).isFree(0) }

    /// What stands for every address of the same family: a redirect leads to the loopback address for clients on the host
    /// itself, and to the interface's own for others.
    static func all(like address: String) -> String { address.contains(":") ? "::" : "0.0.0.0" }

    /// The address that packets to a host leave from; nothing is sent (connect(2) on a datagram socket only routes).
    static func towards(_ host: String) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, "9", &hints, &list) == 0, let found = unsafe list else { return nil }
        defer { unsafe freeaddrinfo(found) }
        let descriptor = unsafe socket(
            found.pointee.ai_family,
            Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard unsafe connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else { return nil }
        var own = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let named = unsafe withUnsafeMutablePointer(to: &own) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(descriptor, address, &length) == 0
                    && getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard named else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

import Fleet
import Glibc
import Synchronization

/// The ports of this host: which ones replicas get, and whether somebody else has one.
final class HostPorts: Sendable {
    private let address: String
    /// Where private ports are taken from, as far as it lies outside the ephemeral range.
    private let range: ClosedRange<UInt16>
    private let ephemeral: ClosedRange<UInt16>
    private let held: Mutex<[String: Set<UInt16>]>
    private let endpoints = Mutex(Endpoints())

    /// - Parameter ephemeral: what the kernel gives to outgoing connections; read from `/proc` when `nil`.
    init(
        address: String,
        range: ClosedRange<UInt16> = PrivatePorts.standard.range,
        ephemeral: ClosedRange<UInt16>? = nil
    ) {
        self.address = address
        self.range = range
        self.ephemeral = ephemeral ?? PrivatePorts.ephemeral()
        held = Mutex([:])
    }

    /// What endpoints have of the ports.
    struct Endpoints: Sendable {
        /// By stable port, the deployments that it leads to or is to lead to: by uid, its name.
        var open: [UInt16: [String: String]] = [:]
        /// All stable ports, also those that reject.
        var stable: Set<UInt16> = []
        /// The private ports that the kernel's table leads to.
        var led: Set<UInt16> = []
    }

    /// Notes what endpoints have now.
    func note(_ endpoints: Endpoints) { self.endpoints.withLock { $0 = endpoints } }

    /// The name of another deployment whose clients come to a port.
    func holder(of port: UInt16, otherThan deployment: String) -> String? {
        endpoints.withLock { $0.open[port]?.filter { $0.key != deployment }.values.min() }
    }

    /// Whether a port is one that replicas are given.
    func isPrivate(_ port: UInt16) -> Bool { range.contains(port) }

    /// Ports for one start of one replica: the endpoint's own, and free ones for the other names.
    ///
    /// - Parameter key: names the start; `release` gives its ports back.
    /// - Throws: `refused` when none is left.
    func allocate(_ names: [String], endpoint: Endpoint?, key: String) throws(AgentError) -> [String: UInt16] {
        var ports: [String: UInt16] = [:]
        for name in names {
            if let endpoint, endpoint.to == name {
                ports[name] = endpoint.port
            } else {
                ports[name] = try free(key: key)
            }
        }
        hold(ports, key: key)
        return ports
    }

    /// Notes the ports of a replica that was taken over.
    func hold(_ ports: [String: UInt16], key: String) {
        held.withLock { $0[key, default: []].formUnion(ports.values) }
    }

    /// Gives ports back.
    func release(key: String) {
        held.withLock { $0[key] = nil }
    }

    /// Whether nothing listens on a port of this host's address.
    func isFree(_ port: UInt16) -> Bool { Self.canBind(address: address, port: port) }

    /// A port that this agent has not given away and nothing listens on.
    private func free(key: String) throws(AgentError) -> UInt16 {
        // What the table still leads to would get clients before it is proven.
        let taken = endpoints.withLock { $0.stable.union($0.led) }
        for port in range where !ephemeral.contains(port) && !taken.contains(port) {
            let isTaken = held.withLock { all in
                guard !all.values.contains(where: { $0.contains(port) }) else { return true }
                all[key, default: []].insert(port)
                return false
            }
            if !isTaken, isFree(port) { return port }
        }
        throw AgentError(
            .refused,
            "no port is left between \(range.lowerBound) and \(range.upperBound) outside the ephemeral range; "
                + "remove deployments from this host, choose others with --private-ports, or narrow net.ipv4.ip_local_port_range"
        )
    }

    private static func canBind(address: String, port: UInt16) -> Bool {
        let isSix = address.contains(":")
        // A shim that another replica starts at this moment must not keep it.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isSix ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        // As servers do: connections of the one before in TIME_WAIT do not count.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        // Never listens itself: whoever asks, or starts a server, at the same moment would take that for another program.
        return (isSix ? bind6(descriptor, address, port) : bind4(descriptor, address, port)) == 0
    }

    private static func bind4(_ descriptor: Int32, _ address: String, _ port: UInt16) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { return -1 }
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &name) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
    }

    private static func bind6(_ descriptor: Int32, _ address: String, _ port: UInt16) -> Int32 {
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_port = port.bigEndian
        guard inet_pton(AF_INET6, address, &name.sin6_addr) == 1 else { return -1 }
        let length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return unsafe withUnsafePointer(to: &name) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
    }
}

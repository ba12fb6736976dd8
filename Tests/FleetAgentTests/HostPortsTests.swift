import Glibc
import Testing

@testable import FleetAgent

/// Who has a port, as the kernel says it.
@Suite(.timeLimit(.minutes(1))) struct HostPortsTests {
    private let ports = HostPorts(address: "127.0.0.1", range: 23_480...23_489, ephemeral: 0...0)

    @Test func whatListensHasItsPort() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(listener >= 0)
        defer { close(listener) }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        // The kernel chooses a port.
        try #require(listen(listener, 1) == 0)
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = unsafe withUnsafeMutablePointer(to: &name) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(listener, $0, &length) }
        }
        try #require(named == 0)
        #expect(!ports.isFree(UInt16(bigEndian: name.sin_port)))
    }

    /// Two replicas were checked, or one was checked while another started, and each took the other's look for a program.
    @Test func whoeverLooksTakesNothing() async {
        let ports = ports
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<2000).count { _ in !ports.isFree(23_489) } }
            }
            for await taken in group { #expect(taken == 0) }
        }
    }
}

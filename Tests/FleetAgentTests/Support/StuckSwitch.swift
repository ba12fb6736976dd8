import Synchronization

@testable import FleetAgent

/// A table without a kernel, whose ports cannot be changed when a test says so.
final class StuckSwitch: EndpointSwitch {
    let table = Mutex<[UInt16: UInt16?]>([:])
    let stuck = Mutex<Set<UInt16>>([])

    var refusal: String? { nil }

    func open(_ port: UInt16, to target: EndpointTarget, takingOver: Bool) async throws {
        try change(port) { $0[port] = .some(target.port) }
    }

    func close(_ port: UInt16) async throws { try change(port) { _ = $0.updateValue(nil, forKey: port) } }

    func forget(_ port: UInt16) async throws { try change(port) { _ = $0.removeValue(forKey: port) } }

    func connections(to target: EndpointTarget) async throws -> Int { 0 }

    func cut(_ target: EndpointTarget) async throws -> Int { 0 }

    func current() async throws -> [UInt16: UInt16?] { table.withLock { $0 } }

    private func change(_ port: UInt16, _ edit: (inout [UInt16: UInt16?]) -> Void) throws {
        if stuck.withLock({ $0.contains(port) }) { throw AgentError(.endpoint, "port \(port) is stuck") }
        table.withLock { edit(&$0) }
    }
}

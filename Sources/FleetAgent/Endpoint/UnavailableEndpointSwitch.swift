/// The switch of a host that cannot switch: it has a reason, an empty table, and refuses every change.
package struct UnavailableEndpointSwitch: EndpointSwitch {
    private let reason: String

    /// - Parameter reason: why, and what to do about it.
    package init(reason: String) { self.reason = reason }

    package var refusal: String? { reason }

    package func open(_ port: UInt16, to target: EndpointTarget, takingOver: Bool) async throws {
        throw failure("open", port)
    }

    package func close(_ port: UInt16) async throws { throw failure("close", port) }

    package func forget(_ port: UInt16) async throws {}

    package func connections(to target: EndpointTarget) async throws -> Int { 0 }

    package func cut(_ target: EndpointTarget) async throws -> Int { 0 }

    package func current() async throws -> [UInt16: UInt16?] { [:] }

    private func failure(_ verb: String, _ port: UInt16) -> AgentError {
        AgentError(.endpoint, "cannot \(verb) endpoint \(port) in the kernel: \(reason)")
    }
}

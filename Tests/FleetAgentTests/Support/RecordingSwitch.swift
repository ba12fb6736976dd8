import Synchronization

@testable import FleetAgent

/// A fake for the kernel's table (the real one is tested in EndToEnd): it keeps what it is told, and what was told when.
final class RecordingSwitch: EndpointSwitch {
    enum Call: Hashable, Sendable {
        case open(UInt16, to: UInt16)
        case close(UInt16)
        case forget(UInt16)
        case cut(UInt16)
    }

    private struct State {
        var table: [UInt16: UInt16?] = [:]
        var calls: [Call] = []
        var connections: [UInt16: Int] = [:]
        var failures = 0
        var takenOver: Set<UInt16> = []
        var reader: AsyncStream<Void>.Continuation?
    }

    let refusal: String? = nil
    private let state = Mutex(State())

    var table: [UInt16: UInt16?] { state.withLock { $0.table } }
    var calls: [Call] { state.withLock { $0.calls } }

    /// The stable ports that others may have lost.
    var takenOver: Set<UInt16> { state.withLock { $0.takenOver } }

    /// So many clients are connected to a private port, until they are cut.
    func connect(_ count: Int, to port: UInt16) { state.withLock { $0.connections[port] = count } }

    /// So many of the next switches fail.
    func fail(_ count: Int) { state.withLock { $0.failures = count } }

    /// Waits until the table says something; for one reader.
    func until(_ isReached: ([UInt16: UInt16?]) -> Bool) async {
        let (changes, reader) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.reader = reader }
        guard !isReached(table) else { return }
        for await _ in changes where isReached(table) { return }
    }

    func open(_ port: UInt16, to target: EndpointTarget, takingOver: Bool) async throws {
        try state.withLock { state in
            guard state.failures == 0 else {
                state.failures -= 1
                throw AgentError(.endpoint, "nft is busy")
            }
            state.table[port] = target.port
            if takingOver { state.takenOver.insert(port) }
            state.calls.append(.open(port, to: target.port))
            state.reader?.yield()
        }
    }

    func close(_ port: UInt16) async throws {
        state.withLock { state in
            state.table.updateValue(nil, forKey: port)
            state.calls.append(.close(port))
        }
    }

    func forget(_ port: UInt16) async throws {
        state.withLock { state in
            guard state.table.removeValue(forKey: port) != nil else { return }
            state.calls.append(.forget(port))
        }
    }

    func connections(to target: EndpointTarget) async throws -> Int {
        state.withLock { $0.connections[target.port] ?? 0 }
    }

    func cut(_ target: EndpointTarget) async throws -> Int {
        state.withLock { state in
            state.calls.append(.cut(target.port))
            return state.connections.removeValue(forKey: target.port) ?? 0
        }
    }

    func current() async throws -> [UInt16: UInt16?] { table }
}

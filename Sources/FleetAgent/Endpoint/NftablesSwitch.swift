package import DaemonKit
import Fleet
package import Logging
import NIOPosix
import Synchronization

/// The endpoint's switch by nftables: a table of its own in the kernel, no proxy.
///
/// Each change is one transaction. The kernel is the truth about now; the file is what comes back after the table was lost.
/// `run` puts back what others take away.
package final class NftablesSwitch: EndpointSwitch {
    /// How often `run` asks whether any rule of the host has changed: with the repair, a lost table is back within 2 s.
    private static let pace = Span.seconds(1)

    private struct State {
        var table: EndpointTable
        /// The ruleset's generation when the table was last seen whole.
        var seen: UInt32?
        /// Whether the file says the same.
        var isKept = true
        /// What stands in the way of the table now, if anything.
        var trouble: String?
    }

    package let refusal: String? = nil
    private let nft: Nftables
    private let file: EndpointFile
    private let lock: EndpointLock
    private let claim: EndpointClaim
    private let logger: Logger
    /// Held while `nft` runs, by threads that may wait: one change after the other.
    private let state: Mutex<State>

    /// Takes up the table that is there, or the one of the file, and completes it. Blocks for some milliseconds.
    ///
    /// - Parameter ports: what other hosts must not reach directly.
    /// - Throws: `endpoint` when this host cannot switch; `refused` when it could, but for its private ports.
    package init(hiding ports: PrivatePorts, file: EndpointFile, logger: Logger) throws(AgentError) {
        nft = try Nftables()
        self.file = file
        self.logger = logger
        claim = try EndpointClaim()
        lock = try EndpointLock(path: file.path)
        let table = try lock.locked { [nft] () throws(AgentError) in
            let listing = try nft.listing()
            try ports.refuseOverlap()
            var table = EndpointTable(hiding: ports.range)
            if let found = listing.flatMap({ EndpointTable(contentOf: $0) }) {
                table = found
            } else {
                do {
                    table = try file.table() ?? table
                } catch {
                    logger.error("the endpoints' file is unusable", metadata: ["error": "\(error)"])
                }
            }
            table.hidden = ports.range
            try nft.install(table)
            return table
        }
        state = Mutex(State(table: table))
        keepAgain(isTold: false)
    }

    /// What is wrong with the table now, for people; `nil` when nothing is.
    package var trouble: String? { state.withLock { $0.trouble } }

    package func open(_ port: UInt16, to target: EndpointTarget, takingOver: Bool) async throws {
        try await change { table in
            if table.open[port] == nil, let listener = try TCPSockets.listeners(on: port).first {
                guard takingOver else { throw Self.refusal(of: listener, on: port) }
                table.wasAdopted(port)
            }
            let link = try target.place.map { (place) throws(AgentError) in try BridgeLink.to(place.address) }
            try link?.letLoopbackThrough()
            table.wasOpened(port, to: target, on: link?.network)
        }
    }

    package func close(_ port: UInt16) async throws {
        try await change { $0.wasClosed(port) }
    }

    package func forget(_ port: UInt16) async throws {
        try await change { $0.wasForgotten(port) }
    }

    package func connections(to target: EndpointTarget) async throws -> Int {
        guard let place = target.place else {
            return try await Self.blocking { try TCPSockets.throughEndpoint(to: target.port).count }
        }
        // What is cut carries nothing any more, whether or not its ends have noticed.
        guard !state.withLock({ $0.table.cut.contains(target.port) }) else { return 0 }
        return try await Self.blocking { try TrackedConnections.throughEndpoint(to: place) }
    }

    package func cut(_ target: EndpointTarget) async throws -> Int {
        let count = try await connections(to: target)
        try await change { table in
            if let port = table.open.first(where: { $0.value == target.port })?.key {
                throw AgentError(
                    .endpoint,
                    "port \(target.port) is what endpoint \(port) leads to, so its connections are not cut; "
                        + "open or close the endpoint first"
                )
            }
            table.wasCut(target)
        }
        // The rules reset with the next packet of either side; this tells clients that are silent now. A container's sockets are
        // not this host's to end.
        if target.place == nil { _ = try await Self.blocking { TCPSockets.reset(throughEndpointTo: target.port) } }
        return count
    }

    package func current() async throws -> [UInt16: UInt16?] {
        try await Self.blocking { [nft] in
            guard let listing = try nft.listing() else { return [:] }
            guard let table = EndpointTable(contentOf: listing) else {
                throw AgentError(
                    .endpoint,
                    "table \(EndpointTable.name) is damaged; the agent puts it back within 2 s"
                )
            }
            return table.endpoints
        }
    }

    /// Puts back rules that others take away, until its task is cancelled.
    package func run(time: TimeSource) async {
        while !Task.isCancelled {
            let generation = Ruleset.generation
            if generation == nil || generation != state.withLock({ $0.seen }) {
                try? await Self.blocking { self.repair() }
            }
            if !state.withLock({ $0.isKept }) { try? await Self.blocking { self.keepAgain(isTold: true) } }
            try? await time.sleep(Self.pace)
        }
    }

    private func change(_ edit: @escaping @Sendable (inout EndpointTable) throws -> Void) async throws {
        try await Self.blocking { [self] in
            try state.withLock { state in
                var table = state.table
                try edit(&table)
                try lock.locked {
                    do {
                        try nft.apply(table.contentScript)
                    } catch {
                        // The chains are gone, or not as they should be.
                        try nft.install(table)
                    }
                    state.isKept = keep(table, isTold: !state.isKept)
                }
                state.table = table
            }
        }
    }

    private func repair() {
        state.withLock { state in
            do {
                // Read first: a change between the two is seen by the next look.
                let generation = Ruleset.generation
                if let listing = try nft.listing(), EndpointTable(listing: listing) == state.table {
                    state.seen = generation
                } else {
                    try nft.install(state.table)
                    state.seen = nil
                    logger.warning(
                        "the endpoints' rules were taken away or changed; they are back",
                        metadata: ["table": "\(EndpointTable.name)", "endpoints": "\(state.table.endpoints.count)"]
                    )
                }
                state.trouble = nil
            } catch {
                if state.trouble != "\(error)" {
                    logger.error("the endpoints' rules cannot be put back", metadata: ["error": "\(error)"])
                }
                state.trouble = "\(error)"
                state.seen = nil
            }
        }
    }

    /// A full disk must not stop a switch: what is not kept is only missing after a boot, when nothing listens anyway.
    private func keep(_ table: EndpointTable, isTold: Bool) -> Bool {
        do {
            try file.write(table)
            return true
        } catch {
            if !isTold {
                logger.error("the endpoints are not kept for the next boot", metadata: ["error": "\(error)"])
            }
            return false
        }
    }

    private func keepAgain(isTold: Bool) {
        state.withLock { state in
            state.isKept = lock.locked { keep(state.table, isTold: isTold) }
        }
    }

    private static func refusal(of listener: TCPSockets.Entry, on port: UInt16) -> AgentError {
        let owner = SocketOwner.of(listener.inode).map { "by \($0)" } ?? "by another program"
        return AgentError(
            .refused,
            "endpoint \(port) is taken: \(owner), which listens on \(listener.local), would be shadowed; nothing was "
                + "changed: take the port over with `muster host adopt-port HOST \(port)`, stop that program "
                + "(`ss -ltnp 'sport = :\(port)'` names it), or choose another endpoint.port"
        )
    }

    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await NIOThreadPool.singleton.runIfActive { try body() }
    }
}

extension HouseRule {
    /// Which rooms may import an outside module, and why no other may.
    struct Exclusive: Sendable {
        let modules: Set<String>
        let rooms: Set<String>
        let reason: String

        init(_ modules: Set<String>, _ rooms: Set<String>, _ reason: String) {
            self.modules = modules
            self.rooms = rooms
            self.reason = reason
        }
    }

    static let exclusives: [Exclusive] = [
        Exclusive(["CNGHTTP2"], ["HTTP2Session"], "nghttp2's pointers and callbacks stay behind one value type"),
        Exclusive(
            ["NIOSSL", "NIOTLS"],
            ["RPCTransport", "OperatorAPI", "FleetClient"],
            "TLS is configured where connections are made, so that 'TLS 1.3 only' has few places to be wrong"
        ),
        Exclusive(
            ["NIOPosix"],
            ["RPCTransport", "FleetAgent", "FleetClient", "OperatorAPI"],
            "sockets belong to the transport, the agent's loopback probes, login's one look at a server's chain, and the one "
                + "call of a program beside the controller"
        ),
        Exclusive(
            ["NIOHTTP1"],
            ["FleetAgent", "FleetClient"],
            "the agent's probes speak HTTP/1.1 to model servers; AsyncHTTPClient's methods and statuses are its words"
        ),
        Exclusive(
            ["NIOEmbedded"],
            [],
            "embedded channels are for tests; a program that needs one has its seam in the wrong place"
        ),
        Exclusive(
            ["SwiftProtobuf"],
            ["FleetProtocol"],
            "wire messages end at the mapping: all else speaks Fleet's nouns"
        ),
        Exclusive(
            ["Dispatch"],
            ["StoreDriver", "muster"],
            "SQLite's blocking calls run on one queue, and the command line hears Ctrl-C; everything else waits on event loops "
                + "and tasks"
        ),
        Exclusive(["Yams"], ["FleetManifest"], "YAML is read in one place, which knows lines and suggestions"),
        Exclusive(
            ["GRDB", "GRDBSQLite"],
            ["StoreDriver"],
            "PostgreSQL is to stand beside SQLite: only the driver knows which one it is"
        ),
        Exclusive(
            ["X509", "SwiftASN1", "_CryptoExtras"],
            ["FleetSecurity"],
            "certificates are made and judged in one room, so that an audit reads one room"
        ),
        Exclusive(
            ["Hummingbird", "HummingbirdTLS", "HummingbirdCore"],
            ["OperatorAPI"],
            "HTTP routes are a thin layer over the controller; the controller runs without a port"
        ),
        Exclusive(
            ["AsyncHTTPClient"],
            ["FleetClient"],
            "it costs 12 MB of binary and 6 MB of memory: the agent and the controller do without"
        ),
        Exclusive(
            ["ServiceLifecycle", "UnixSignals", "Configuration", "Metrics"],
            ["DaemonKit"],
            "starting, stopping and configuring are the same for every daemon"
        ),
        Exclusive(
            ["ArgumentParser"],
            ["muster", "muster-swarm"],
            "only programs that people type at parse command lines"
        ),
    ]

    /// What every room may import (pure rooms: see purity).
    static let free: Set<String> = [
        "Swift", "Synchronization", "Glibc", "Musl", "Crypto", "Logging", "NIOCore", "Foundation",
        "FoundationEssentials",
    ]

    /// What the agent links. Foundation would bring ICU, 40 MB of it.
    static let agentRooms: Set<String> = [
        "Fleet", "ReplicaLifecycle", "SessionLifecycle", "FleetMetrics", "HTTP2Session", "RPCTransport",
        "FleetProtocol",
        "DaemonKit", "FleetSecurity", "FleetAgent", "ShimProtocol", "muster-agent", "muster-shim",
    ]

    static let imports: [HouseRule] =
        exclusives.map { exclusive in
            let modules = exclusive.modules.sorted().joined(separator: ", ")
            let rooms = exclusive.rooms.isEmpty ? "no room" : exclusive.rooms.sorted().joined(separator: ", ")
            return perFile(
                "\(modules): only in \(rooms)",
                reason: exclusive.reason,
                where: { $0.isSwift && $0.path.hasPrefix("Sources/") && !exclusive.rooms.contains($0.room ?? "") }
            ) { file in
                file.imports.filter { exclusive.modules.contains($0.module) }.map { ($0.line, "import \($0.module)") }
            }
        } + [known, agentWithoutFoundation, shimAlone, declaredOrder, importedOrder]

    private static let known = HouseRule(
        name: "every outside module is known",
        reason: "a new dependency needs a line in HouseRule+Imports.swift: who may import it, and why nobody else"
    ) { tree in
        let modules = exclusives.reduce(into: free) { $0.formUnion($1.modules) }.union(tree.targets.map(\.name))
        return tree.files.filter { $0.isSwift && $0.path.hasPrefix("Sources/") }.flatMap { file in
            file.imports.filter { !modules.contains($0.module) }.map { "\(file.path):\($0.line): import \($0.module)" }
        }
    }

    private static let agentWithoutFoundation = perFile(
        "no Foundation in what the agent links",
        reason: "Foundation brings ICU into an agent that must stay small; FoundationEssentials is allowed",
        // Generated code names Foundation for systems without FoundationEssentials; AgentBinaryTests see what is linked.
        where: { $0.isSource && agentRooms.contains($0.room ?? "") }
    ) { file in
        file.imports.filter { $0.module == "Foundation" || $0.module == "FoundationInternationalization" }
            .map { ($0.line, "import \($0.module)") }
    }

    private static let shimAlone = perFile(
        "muster-shim imports Glibc alone",
        reason: "one shim runs beside every replica for as long as it lives: about 1 MB, and nothing in it to upgrade",
        where: {
            $0.isSwift && ["muster-shim", "ShimProtocol", "CProcess"].contains($0.room ?? "")
                && $0.path.hasPrefix("Sources/")
        }
    ) { file in
        // Our own two rooms below it import Glibc alone as well.
        let allowed: Set<String> = ["Glibc", "Musl", "CProcess", "ShimProtocol"]
        return file.imports.filter { !allowed.contains($0.module) }.map { ($0.line, "import \($0.module)") }
    }

    private static let declaredOrder = HouseRule(
        name: "a target depends only on targets above it",
        reason:
            "Package.swift reads from words to programs: what stands lower knows what stands higher, never the reverse"
    ) { tree in
        var above: Set<String> = []
        var broken: [String] = []
        for target in tree.targets {
            broken += target.dependencies.filter { !above.contains($0) }
                .map { "Package.swift: \(target.name) depends on \($0), which stands below it" }
            above.insert(target.name)
        }
        return broken
    }

    private static let importedOrder = HouseRule(
        name: "a file imports only targets above its own",
        reason: "the order of Package.swift is the order of knowledge; an import against it is a dependency in hiding"
    ) { tree in
        let names = tree.targets.map(\.name)
        return tree.files.filter { $0.isSwift }.flatMap { file -> [String] in
            guard let room = file.room, let place = names.firstIndex(of: room) else { return [] }
            return file.imports.compactMap { found in
                guard let imported = names.firstIndex(of: found.module), imported >= place else { return nil }
                return "\(file.path):\(found.line): import \(found.module)"
            }
        }
    }
}

import DaemonKit
import Fleet
import Logging
import NIOCore
import RPCTransport

/// N simulated agents with their connections, spread over event loops.
struct Swarm: Sendable {
    /// How to reach the controller and with what.
    struct Settings: Sendable {
        var target: RPCTarget
        var authority: String
        var pace: SwarmPace
        /// How long simulated hosts take.
        var timing = SwarmTiming()
        /// Event loops.
        var threads: Int
        /// Handshakes at the same time.
        var dials: Int
        /// Local addresses to dial from, in turn; empty for any.
        var sources: [String]
    }

    private struct Loop: Sendable {
        let eventLoop: any EventLoop
        let recorder: NIOLoopBound<LoopRecorder>
    }

    private let settings: Settings
    private let group: any EventLoopGroup
    private let loops: [Loop]
    private let logger: Logger

    /// A swarm without connections.
    init(_ settings: Settings, logger: Logger) async throws {
        self.settings = settings
        self.logger = logger
        group = RPCEventLoops.group(threads: settings.threads)
        var loops: [Loop] = []
        for eventLoop in group.makeIterator() {
            let recorder = try await eventLoop.submit { NIOLoopBound(LoopRecorder(), eventLoop: eventLoop) }.get()
            loops.append(Loop(eventLoop: eventLoop, recorder: recorder))
        }
        self.loops = loops
    }

    /// Connects every identity and waits for its Welcome.
    /// - Returns: how many failed, by reason.
    func connect(_ identities: [SwarmIdentity]) async -> [String: Int] {
        var failures: [String: Int] = [:]
        await withTaskGroup(of: String?.self) { group in
            for (index, identity) in identities.enumerated() {
                if index >= settings.dials, let failure = await group.next() ?? nil {
                    failures[failure, default: 0] += 1
                }
                if Task.isCancelled { break }
                let loop = loops[index % loops.count]
                let source = settings.sources.isEmpty ? nil : settings.sources[index % settings.sources.count]
                group.addTask { await connect(identity, on: loop, from: source) }
            }
            for await case let failure? in group { failures[failure, default: 0] += 1 }
        }
        return failures
    }

    /// From now on answers to leases count.
    func beginRecording() async throws {
        for loop in loops { try await loop.eventLoop.submit { loop.recorder.value.begin() }.get() }
    }

    /// Stops counting, and returns everything that was seen.
    func endRecording() async throws -> LoopRecorder.Snapshot {
        for loop in loops { try await loop.eventLoop.submit { loop.recorder.value.end() }.get() }
        return try await snapshot()
    }

    /// Everything that was seen so far.
    func snapshot() async throws -> LoopRecorder.Snapshot {
        var total = LoopRecorder.Snapshot()
        for loop in loops {
            total.merge(try await loop.eventLoop.submit { loop.recorder.value.snapshot }.get())
        }
        return total
    }

    /// Cuts every connection and ends the event loops.
    func close() async throws {
        try await group.shutdownGracefully()
    }

    /// Why the connection did not come about; nil when it did.
    private func connect(_ identity: SwarmIdentity, on loop: Loop, from source: String?) async -> String? {
        let dialled = NIODeadline.now()
        var configuration = RPCClientConfiguration()
        configuration.localAddress = source
        configuration.connectTimeout = .seconds(60)
        let tls = RPCClientTLS(
            trust: .roots(pem: Array(settings.authority.utf8)),
            identity: RPCClientTLS.Identity(
                certificateChainPEM: Array(identity.certificateChain.utf8),
                privateKeyPEM: Array(identity.key.utf8)
            )
        )
        do {
            let connection = try await RPCClient.connect(
                to: settings.target,
                tls: tls,
                configuration: configuration,
                on: loop.eventLoop,
                logger: logger
            )
            let (pace, timing) = (settings.pace, settings.timing)
            try await loop.eventLoop.flatSubmit {
                SwarmSession(
                    identity: identity,
                    pace: pace,
                    timing: timing,
                    recorder: loop.recorder.value,
                    connection: connection,
                    dialled: dialled
                ).begin()
            }.get()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

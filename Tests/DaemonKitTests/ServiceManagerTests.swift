import DaemonKit
import Fleet
import Glibc
import Logging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServiceManagerTests {
    /// A real socket, as systemd binds one.
    final class Listener: Sendable {
        private let descriptor: Int32
        private let path: String?

        init(_ name: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            path = name.hasPrefix("/") ? name : nil
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = path.map { Array($0.utf8) + [0] } ?? [0] + Array(name.utf8.dropFirst())
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
            }
            try #require(bound == 0, "errno \(errno)")
        }

        deinit {
            close(descriptor)
            if let path { unlink(path) }
        }

        /// What has arrived, oldest first: a datagram is there as soon as it was sent.
        var heard: [String] {
            var all: [String] = []
            var buffer = [UInt8](repeating: 0, count: 128)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count >= 0 else { return all }
                all.append(String(decoding: buffer[..<count], as: UTF8.self))
            }
        }
    }

    static func manager(_ environment: [String: String]) -> ServiceManager {
        ServiceManager(environment: environment, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    static func name(_ kind: String) -> String { "\(kind)muster-notify-\(getpid())-\(UInt64.random(in: 0 ... .max))" }

    @Test(arguments: ["/tmp/", "@"]) func saysReadyOnceOverASocket(of kind: String) throws {
        let name = Self.name(kind)
        let listener = try Listener(name)
        Self.manager(["NOTIFY_SOCKET": name]).ready()
        #expect(listener.heard == ["READY=1"])
    }

    @Test func whatNobodyTakesIsLogged() {
        let events = Mutex<[String]>([])
        let logger = Logger(label: "test") { label in
            LineLogHandler(label: label, level: .info, format: .logfmt) { line in events.withLock { $0.append(line) } }
        }
        for name in [Self.name("/tmp/"), "/" + String(repeating: "long", count: 40)] {
            ServiceManager(environment: ["NOTIFY_SOCKET": name], logger: logger).ready()
        }
        ServiceManager(environment: ["NOTIFY_SOCKET": "vsock:2:1234"], logger: logger).ready()
        ServiceManager(environment: [:], logger: logger).ready()
        #expect(events.withLock { $0.count } == 2)
        #expect(events.withLock { $0.allSatisfy { $0.contains("READY=1") } })
    }

    @Test(
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "500"], nil), (["WATCHDOG_USEC": "soon"], nil),
            (["WATCHDOG_USEC": "30000000"], 30_000), (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"], nil),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"], 30_000),
        ] as [([String: String], Int64?)]
    )
    func knowsWhetherItIsWatched(_ variables: [String: String], _ milliseconds: Int64?) {
        var environment = variables
        #expect(Self.manager(environment).patience == nil, "nobody listens")
        environment["NOTIFY_SOCKET"] = "@nobody"
        #expect(Self.manager(environment).patience == milliseconds.map { Span(milliseconds: $0) })
    }

    /// The loop makes three turns and ends; each is asked for half of the patience after the one before.
    @Test func feedsTheWatchdogWithTurnsAlone() async throws {
        let name = Self.name("@")
        let listener = try Listener(name)
        let turns = Mutex<[UInt64]>([7, 8, 20, 0])
        let slept = Mutex<[Span]>([])
        let system = TimeSource.system
        let time = TimeSource(now: system.now, elapsed: system.elapsed) { span in slept.withLock { $0.append(span) } }
        await Self.manager(["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000"])
            .follow(turn: { turns.withLock { $0.removeFirst() } }, time: time)
        #expect(listener.heard == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"])
        #expect(slept.withLock { $0 } == [.seconds(30), .seconds(30), .seconds(30)])
    }

    /// Makes three turns, and then is wedged until its task is cancelled.
    final class WedgedLoop: Sendable {
        let isWedged: AsyncStream<Never>
        private let tell: AsyncStream<Never>.Continuation
        private let turns = Mutex<UInt64>(0)

        init() {
            (isWedged, tell) = AsyncStream.makeStream(of: Never.self)
        }

        func turn() async -> UInt64 {
            let turn = turns.withLock { turns in
                turns += 1
                return turns
            }
            guard turn > 3 else { return turn }
            tell.finish()
            await DaemonTests.untilCancelled()
            return turn
        }
    }

    /// Time goes on for ever here, the loop does not.
    @Test func aWedgedLoopIsSilent() async throws {
        let name = Self.name("@")
        let listener = try Listener(name)
        let loop = WedgedLoop()
        let system = TimeSource.system
        let time = TimeSource(now: system.now, elapsed: system.elapsed) { _ in try Task.checkCancellation() }
        let manager = Self.manager(["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000"])
        await withDiscardingTaskGroup { group in
            group.addTask { await manager.follow(turn: { await loop.turn() }, time: time) }
            for await _ in loop.isWedged {}
            #expect(listener.heard == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"])
            group.cancelAll()
        }
        #expect(listener.heard.isEmpty)
    }

    @Test func unwatchedItSaysReadyAndNoMore() async throws {
        let name = Self.name("@")
        let listener = try Listener(name)
        await Self.manager(["NOTIFY_SOCKET": name]).follow(turn: { 1 }, time: .system)
        #expect(listener.heard == ["READY=1"])
    }

    @Test func aLoopThatNeverTurnsIsNotReady() async throws {
        let name = Self.name("@")
        let listener = try Listener(name)
        await Self.manager(["NOTIFY_SOCKET": name]).follow(turn: { 0 }, time: .system)
        #expect(listener.heard.isEmpty)
    }

    @Test func withoutAManagerNoTurnIsAskedFor() async {
        await Self.manager(["WATCHDOG_USEC": "60000000"]).follow(
            turn: {
                Issue.record("asked")
                return 1
            },
            time: .system
        )
    }
}

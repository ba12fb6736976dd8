import Fleet
import FleetTestSupport
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import FleetAgent
@testable import OperatorAPI

/// Logs of hosts as they come over HTTP: events, an end that says why, problems with a status before the first of them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LogStreamTests {
    /// Runs a host that has written something for the deployment `wine`.
    private static func run(
        _ written: [UInt8],
        _ body: @escaping @Sendable (ServerFixture) async throws -> Void
    ) async throws {
        try await ServerFixture.run { server in
            let host = ScriptedHost()
            host.state.withLock { state in
                state.items["uid-1"] = AssignmentItem(
                    deployment: "uid-1",
                    name: "wine",
                    number: 1,
                    order: .converge,
                    revision: nil,
                    stableFor: .seconds(0),
                    rollbackStableFor: .seconds(0)
                )
            }
            let path = "\(server.directory)/wine.log"
            try Data(written).write(to: URL(filePath: path))
            let identity = try await server.enrol("lyon-1")
            let desk = AnswerDesk(
                bulk: BulkConnection(identity: identity, logger: server.log.logger),
                logger: server.log.logger,
                sources: AnswerSources(
                    log: { $0 == "uid-1" ? ReplicaLogPlace(name: "wine", path: path) : nil },
                    inspection: { .scripted(host: "lyon-1", log: path) }
                )
            )
            let link = ControllerLink(identity: identity, host: host, answers: desk, logger: server.log.logger)
            try await withThrowingTaskGroup { group in
                group.addTask { await link.run() }
                group.addTask { await desk.run() }
                try await server.wait("/hosts/lyon-1", as: HostView.self) { $0.report?.replicas.isEmpty == false }
                try await body(server)
                group.cancelAll()
            }
        }
    }

    private static func blocks(_ reply: Reply) -> [[String]] {
        String(decoding: reply.body, as: UTF8.self).components(separatedBy: "\n\n").dropLast()
            .map { $0.components(separatedBy: "\n") }
    }

    @Test func textsComeAndThenTheEnd() async throws {
        try await Self.run(Array("one \"two\"\nthree\u{E9}\n".utf8) + [0xFF, 0x0A]) { server in
            let reply = try await server.call("GET", "/hosts/lyon-1/logs?deployment=wine&tail=2")
            #expect(reply.status == 200)
            #expect(
                Self.blocks(reply) == [
                    [": reading"], ["event: text", #"data: {"text":"threeé\n\#u{FFFD}\n"}"#],
                    ["event: end", "data: {}"],
                ]
            )
        }
    }

    @Test func whatCannotBeReadHasAStatus() async throws {
        try await Self.run(Array("x\n".utf8)) { server in
            let slips: [(String, Int, String)] = [
                ("/hosts/lyon-1/logs", 422, "'deployment' is missing"),
                ("/hosts/lyon-1/logs?deployment=wine&tail=-1", 422, "tail is '-1'"),
                ("/hosts/lyon-1/logs?deployment=wine&follow=yes", 422, "follow is 'yes'"),
                ("/hosts/lyon-2/logs?deployment=wine", 404, "there is no host 'lyon-2'"),
                ("/hosts/lyon-1/logs?deployment=beer", 404, "the host has no replica of it"),
                ("/hosts/lyon-1/logs?deployment=wine&since=1", 409, "says no times that muster can read"),
            ]
            for (path, status, words) in slips {
                let reply = try await server.call("GET", path)
                #expect(reply.status == status, "\(path)")
                let problem = try reply.problem()
                #expect(problem.detail?.contains(words) == true, "\(path): \(problem)")
            }
        }
    }

    @Test func aHostSaysWhatItIs() async throws {
        try await Self.run(Array("x\n".utf8)) { server in
            let reply = try await server.call("GET", "/hosts/lyon-1/inspection")
            let view = try reply.view(HostInspection.self)
            #expect(view == .scripted(host: "lyon-1", log: view.replicas[0].log))
            #expect(try await server.call("GET", "/hosts/lyon-2/inspection").status == 404)
        }
    }

    @Test func aShutdownIsSaidToWhoFollows() async throws {
        try await Self.run(Array("x\n".utf8)) { server in
            let arguments = server.arguments(
                "GET",
                "/hosts/lyon-1/logs?deployment=wine&follow=true",
                token: server.token
            )
            let reading = try EventReading(["-N"] + arguments)
            var last: [String] = []
            for await block in reading.blocks() {
                if block.first == "event: text" { await server.stop() }
                last = block
            }
            #expect(await reading.exit() == 0)
            #expect(last.first == "event: problem")
            #expect(last.last?.contains("the controller is stopping") == true, "\(last)")
        }
    }

    @Test func charactersAreNotCutInTwo() {
        let text = "aé€😀b\u{FFFD}c"
        var bytes = Array("aé€😀b".utf8)
        bytes += [0xFF] + Array("c".utf8)
        for size in 1...bytes.count {
            var reader = LogText()
            var read = ""
            for begin in stride(from: 0, to: bytes.count, by: size) {
                read += reader.take(ByteBuffer(bytes: bytes[begin..<min(bytes.count, begin + size)]))
            }
            #expect(read + reader.finish() == text, "in pieces of \(size)")
        }
        var cut = LogText()
        #expect(cut.take(ByteBuffer(bytes: [0x61, 0xE2, 0x82])) == "a")
        #expect(cut.finish() == "\u{FFFD}")
    }
}

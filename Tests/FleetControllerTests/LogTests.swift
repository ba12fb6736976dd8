import DaemonKit
import Fleet
import FleetProtocol
import FleetStore
import FleetTestSupport
import Foundation
import Logging
import NIOCore
import RPCTransport
import Synchronization
import Testing

@testable import FleetAgent
@testable import FleetController

/// What a model server wrote, from a host's disk over two real connections to whoever reads: no faster than it is read,
/// and with an end that says why.
@Suite(.timeLimit(.minutes(2))) struct LogTests {
    /// A host with a log, its links, and the controller.
    private struct Story: Sendable {
        let fixture: ControllerFixture
        let host: ScriptedHost
        let path: String
        let bulk: BulkConnection

        func write(_ text: String) throws {
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            let handle = try FileHandle(forWritingTo: URL(filePath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }

        func logs(
            of deployment: String = "wine",
            on host: String = "lyon-1",
            follow: Bool = false,
            tail: Int? = nil,
            by: OperatorIdentity? = nil
        ) async throws -> HostAnswer {
            let by = by ?? fixture.admin
            return try await fixture.operations.logs(of: deployment, on: host, follow: follow, tail: tail, by: by)
        }

        /// Everything that comes.
        func text(of answer: HostAnswer) async throws -> String {
            var bytes: [UInt8] = []
            for try await piece in answer { bytes += piece.readableBytesView }
            return String(decoding: bytes, as: UTF8.self)
        }

        /// Waits until nobody is asked anything.
        func untilQuiet() async { while fixture.operations.requests.count > 0 { await Task.yield() } }
    }

    /// Runs a story with a host that runs `wine`; `kill` ends its agent, as by kill -9.
    ///
    /// - Parameters:
    ///   - answers: whether the agent offers answers at all.
    ///   - runs: whether it gives any.
    ///   - inspection: what the host says of itself.
    private static func run(
        limits: HostRequestLimits = HostRequestLimits(),
        answers: Bool = true,
        runs: Bool = true,
        inspection: HostInspection? = nil,
        _ body: @escaping @Sendable (_ story: Story, _ kill: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await ControllerFixture.run(limits: limits) { fixture in
            let identity = try await fixture.enrol("lyon-1")
            let host = ScriptedHost()
            let path = "\(fixture.directory)/wine.log"
            let bulk = BulkConnection(identity: identity, logger: fixture.logger)
            let desk = AnswerDesk(
                bulk: bulk,
                logger: fixture.logger,
                sources: AnswerSources(
                    log: { uid in
                        host.state.withLock { $0.items[uid]?.name }.map { ReplicaLogPlace(name: $0, path: path) }
                    },
                    inspection: { inspection ?? .scripted(host: "lyon-1", log: path) }
                )
            )
            let link = ControllerLink(
                identity: identity,
                host: host,
                answers: answers ? desk : nil,
                logger: fixture.logger
            )
            let killed = Cancellation()
            _ = try await fixture.apply(version: "1")
            try await withThrowingTaskGroup { group in
                group.addTask {
                    _ = try await killed.run {
                        await withDiscardingTaskGroup { agent in
                            agent.addTask { await link.run() }
                            if runs { agent.addTask { await desk.run() } }
                        }
                    }
                }
                try await fixture.wait("reported") { $0.hosts.first?.state == .verified }
                try await body(Story(fixture: fixture, host: host, path: path, bulk: bulk)) { killed.cancel() }
                group.cancelAll()
            }
        }
    }

    private static func refusal(_ body: () async throws -> Void) async -> ControllerError? {
        do {
            try await body()
            Issue.record("it was not refused")
            return nil
        } catch {
            #expect(error is ControllerError, "\(error)")
            return error as? ControllerError
        }
    }

    @Test func whatWasWrittenIsReadAndFollowed() async throws {
        try await Self.run { story, _ in
            let written = (0..<20_000).map { "line \($0)\n" }.joined()
            try story.write(written)
            #expect(try await story.text(of: story.logs()) == written)
            #expect(try await story.text(of: story.logs(tail: 2)) == "line 19998\nline 19999\n")
            let following = try await story.logs(follow: true, tail: 1)
            var seen = ""
            for try await piece in following {
                seen += String(buffer: piece)
                if seen == "line 19999\n" { try story.write("late\n") }
                if seen.hasSuffix("late\n") { break }
            }
            #expect(seen == "line 19999\nlate\n")
        }
    }

    @Test func whoeverStopsReadingEndsItOnTheHostToo() async throws {
        try await Self.run { story, _ in
            try story.write("one\n")
            for _ in 0..<6 {
                for try await _ in try await story.logs(follow: true) { break }
                await story.untilQuiet()
            }
            // More than the host answers at once: so each of them has ended there.
            #expect(try await story.text(of: story.logs()) == "one\n")
        }
    }

    @Test func aSlowReaderSlowsTheHostAndLosesItsPlace() async throws {
        var limits = HostRequestLimits()
        limits.unread = Span(milliseconds: 300)
        try await Self.run(limits: limits) { story, _ in
            let line = String(repeating: "x", count: 1023) + "\n"
            try story.write(String(repeating: line, count: 20_000))
            let answer = try await story.logs()
            // Nobody reads.
            await story.untilQuiet()
            var bytes = 0
            let refused = await Self.refusal {
                for try await piece in answer { bytes += piece.readableBytes }
            }
            #expect(refused?.message.contains("cannot read the log of 'wine' on host 'lyon-1' any further") == true)
            #expect(refused?.message.contains("nothing was taken for 300ms") == true, "\(refused?.message ?? "")")
            #expect(refused?.hint?.contains("ask again") == true)
            #expect(bytes <= 5 * LogReader.pieceBytes, "so much was held here: \(bytes)")
            // What it left on the connection is in nobody's way.
            #expect(try await story.text(of: story.logs(tail: 1)) == line)
        }
    }

    @Test func aKilledAgentEndsIt() async throws {
        try await Self.run { story, kill in
            try story.write("one\n")
            let answer = try await story.logs(follow: true)
            let refused = await Self.refusal {
                for try await piece in answer where piece.readableBytes > 0 { kill() }
            }
            #expect(refused?.code == .unavailable)
            #expect(refused?.message.contains("the connection to host 'lyon-1' was lost") == true)
            #expect(refused?.hint?.contains("muster get host lyon-1") == true)
            await story.untilQuiet()
            let gone = await Self.refusal { _ = try await story.logs() }
            // Its session may end a moment after the answer did.
            #expect(gone?.meaning == .hostNotConnected, "\(gone?.message ?? "")")
        }
    }

    @Test func aSilentHostEndsIt() async throws {
        var limits = HostRequestLimits()
        // Shorter than its signs of life.
        limits.silence = Span(milliseconds: 300)
        try await Self.run(limits: limits) { story, _ in
            try story.write("one\n")
            let answer = try await story.logs(follow: true)
            var seen = ""
            let refused = await Self.refusal {
                for try await piece in answer { seen += String(buffer: piece) }
            }
            #expect(seen == "one\n")
            #expect(refused?.message.contains("host 'lyon-1' has been silent for 300ms") == true)
        }
    }

    @Test func anAgentOfBeforeIsNotAsked() async throws {
        try await Self.run(answers: false) { story, _ in
            let refused = await Self.refusal { _ = try await story.logs() }
            #expect(refused?.code == .conflict)
            #expect(refused?.message.contains("the muster-agent of host 'lyon-1' (test) does not offer it") == true)
            #expect(refused?.hint?.contains("install a newer muster-agent") == true)
        }
    }

    @Test func soManyAtOnceAndNoMore() async throws {
        try await Self.run { story, _ in
            try story.write("one\n")
            let viewer = OperatorIdentity(name: "vic", role: .viewer)
            let oncall = OperatorIdentity(name: "ola", role: .oncall)
            var open = [try await story.logs(follow: true)]
            let looking = await Self.refusal {
                _ = try await story.fixture.operations.inspection(of: "lyon-1", by: viewer)
            }
            #expect(looking?.code == .overloaded)
            #expect(
                looking?.message == "cannot inspect host 'lyon-1': of one host at most 1 can be answered at once "
                    + "for the role 'viewer', and there are those of ada",
                "one is kept"
            )
            open.append(try await story.logs(follow: true, by: oncall))
            let refused = await Self.refusal { _ = try await story.logs() }
            #expect(refused?.code == .overloaded)
            let words = ": of one host at most 2 can be answered at once, and there are those of ada, ola"
            #expect(refused?.message.hasSuffix(words) == true, "\(refused?.message ?? "")")
            #expect(refused?.hint?.hasPrefix("have ada or ola end one") == true)
            for answer in open { for try await _ in answer { break } }
            await story.untilQuiet()
            #expect(try await story.text(of: story.logs()) == "one\n")
        }
    }

    @Test func whatIsNotThereIsNamed() async throws {
        try await Self.run { story, _ in
            let unwritten = await Self.refusal { _ = try await story.logs() }
            #expect(unwritten?.code == .conflict)
            #expect(unwritten?.message.contains("wine has not been started on this host yet") == true)
            let near = await Self.refusal { _ = try await story.logs(of: "wien") }
            #expect(near?.code == .notFound && near?.hint?.contains("did you mean 'wine'?") == true)
            let nowhere = await Self.refusal { _ = try await story.logs(on: "lyon-2") }
            #expect(nowhere?.code == .notFound && nowhere?.message == "there is no host 'lyon-2'")
            // Who follows waits for the first line.
            let answer = try await story.logs(follow: true)
            try story.write("first\n")
            for try await piece in answer where piece.readableBytes > 0 {
                #expect(String(buffer: piece) == "first\n")
                break
            }
        }
    }

    @Test func aSupportBundleIsInTheAudit() async throws {
        try await Self.run { story, _ in
            let operations = story.fixture.operations
            let oncall = OperatorIdentity(name: "ola", role: .oncall)
            for (redacted, identity) in [(true, oncall), (false, story.fixture.admin)] {
                let bundle = try await operations.supportBundle(of: "lyon-1", redacted: redacted, by: identity)
                #expect(try await story.text(of: bundle).contains(#""file""#))
                await story.untilQuiet()
            }
            let refused = await Self.refusal {
                _ = try await operations.supportBundle(of: "lyon-1", redacted: false, by: oncall)
            }
            #expect(refused?.code == .forbidden)
            let records = try await operations.audit(kind: .host, name: "lyon-1").items
                .filter { $0.verb == "support-bundle" }
            #expect(records.map(\.actor) == ["ola", "ada"])
            #expect(records.map(\.after) == [#"{"redacted":true}"#, #"{"redacted":false}"#])
        }
    }

    @Test func aLogIsNotForEverybody() async throws {
        try await Self.run { story, _ in
            try story.write("one\n")
            let viewer = OperatorIdentity(name: "vic", role: .viewer)
            let refused = await Self.refusal { _ = try await story.logs(by: viewer) }
            #expect(refused?.code == .forbidden && refused?.hint == "ask somebody with the role 'oncall'")
            let oncall = OperatorIdentity(name: "ola", role: .oncall)
            #expect(try await story.text(of: story.logs(by: oncall)) == "one\n")
        }
    }

    @Test func aHostIsInspectedUnlessItIsTooOldOrGone() async throws {
        try await Self.run { story, kill in
            let inspection = try await story.fixture.operations.inspection(of: "lyon-1", by: story.fixture.admin)
            #expect(inspection == .scripted(host: "lyon-1", log: story.path))
            await story.untilQuiet()
            kill()
            var refused: ControllerError?
            repeat {
                do {
                    _ = try await story.fixture.operations.inspection(of: "lyon-1", by: story.fixture.admin)
                } catch {
                    refused = error as? ControllerError
                }
            } while refused == nil
            #expect(refused?.message.hasPrefix("cannot inspect host 'lyon-1'") == true, "\(refused?.message ?? "")")
        }
        try await Self.run(answers: false) { story, _ in
            let refused = await Self.refusal {
                _ = try await story.fixture.operations.inspection(of: "lyon-1", by: story.fixture.admin)
            }
            #expect(refused?.message.contains("(test) does not offer it") == true)
        }
    }

    @Test func aHostDoesNotSteerATerminal() async throws {
        @Sendable func inspection(of host: String, kernel: String, file: String, finding: String) -> HostInspection {
            var inspection = HostInspection.scripted(host: host, log: "/x")
            inspection.facts.kernel = kernel
            inspection.files = [file: 1]
            inspection.findings = [.init(name: "disk", state: "ok", text: finding, next: finding)]
            inspection.replicas[0].report.reason = finding
            return inspection
        }
        let hostile = inspection(of: "ulm-1", kernel: "a\u{1B}]0;b\u{7}", file: "c\nd", finding: "e\u{9B}2Jf")
        try await Self.run(inspection: hostile) { story, _ in
            let found = try await story.fixture.operations.inspection(of: "lyon-1", by: story.fixture.admin)
            #expect(found == inspection(of: "lyon-1", kernel: "a ]0;b ", file: "c d", finding: "e  2Jf"))
        }
    }

    /// What a host may do that wants no good.
    @Test func aHostAnswersOnlyWhatItIsAskedAndNoMoreThanItMay() async throws {
        try await Self.run { story, _ in
            try story.write("one\n")
            let requests = story.fixture.operations.requests
            let answer = try await story.logs(follow: true)
            let id = try #require(requests.ids.first)
            let other = BulkConnection(identity: try await story.fixture.enrol("lyon-2"), logger: story.fixture.logger)
            func status(_ bulk: BulkConnection, _ chunks: [WireAnswerChunk]) async throws -> RPCStatus? {
                let duplex = try await bulk.open().openStream(path: LinkMethod.answer)
                for chunk in chunks { try await duplex.send(chunk.buffer()) }
                duplex.finishSending()
                do {
                    for try await _ in duplex.inbound {}
                    return nil
                } catch {
                    return error as? RPCStatus
                }
            }
            var chunk = WireAnswerChunk()
            chunk.requestID = id
            chunk.data = Data("forged\n".utf8)
            #expect(try await status(other, [chunk])?.message == "nobody waits for this answer any more")
            chunk.requestID = "nothing"
            #expect(try await status(story.bulk, [chunk])?.code == .cancelled)
            chunk.data = Data(repeating: 0x78, count: WireAnswerChunk.limit + 1)
            #expect(try await status(story.bulk, [chunk])?.code == .resourceExhausted)
            for try await piece in answer where piece.readableBytes > 0 {
                #expect(String(buffer: piece) == "one\n")
                break
            }
        }
    }

    @Test func aHostThatNeverAnswersIsNotWaitedForLong() async throws {
        var limits = HostRequestLimits()
        limits.beginning = Span(milliseconds: 300)
        try await Self.run(limits: limits, runs: false) { story, _ in
            let refused = await Self.refusal { _ = try await story.logs() }
            #expect(refused?.code == .unavailable && refused?.meaning == .hostSilent)
            #expect(refused?.message.contains("host 'lyon-1' has not answered within 300ms") == true)
            #expect(story.fixture.operations.requests.count == 0)
        }
    }

    @Test func aConnectionThatWentUnusedIsDialledAnew() async throws {
        try await Self.run { story, _ in
            try story.write("one\n")
            #expect(try await story.text(of: story.logs()) == "one\n")
            try await story.bulk.open().close()
            #expect(try await story.text(of: story.logs()) == "one\n")
        }
    }

    @Test func aHeadThatDoesNotComeCutsNothingElse() async throws {
        try await Self.run(runs: false) { story, _ in
            let connection = try await story.bulk.open()
            let uplink = AnswerUplink(bulk: story.bulk, time: .system, patience: Span(milliseconds: 0))
            await #expect(throws: RPCStatus.self) {
                try await uplink.carry("nobody asked", prepare: {}, pump: { _, _ in })
            }
            #expect(try await story.bulk.open() === connection)
            _ = try await connection.openStream(path: LinkMethod.answer)
        }
    }
}

import DaemonKit
import Fleet
import FleetController
import FleetStore
import Foundation
import NIOCore
import Testing

@testable import OperatorAPI

@Suite(.serialized, .timeLimit(.minutes(2))) struct WatchTests {
    private static func reading(_ server: ServerFixture, _ path: String, extra: [String] = []) throws -> EventReading {
        try EventReading(["-N"] + server.arguments("GET", path, token: server.token) + extra)
    }

    private static func event(_ block: [String]) throws -> WatchEvent? {
        guard let data = block.first(where: { $0.hasPrefix("data: ") }) else { return nil }
        let event = try JSONDecoder().decode(WatchEvent.self, from: Data(data.dropFirst(6).utf8))
        #expect(block == ["id: \(event.revision)", "event: \(event.change.rawValue)", data])
        return event
    }

    @Test func changesComeInOrderFromARevision() async throws {
        try await ServerFixture.run { server in
            let first = try await server.applyAll()
            let reading = try Self.reading(server, "/watch?from=\(first.revision - 1)")
            var names: [String] = []
            var last: UInt64 = first.revision - 1
            for await block in reading.blocks() {
                guard let event = try Self.event(block) else {
                    if names.isEmpty {
                        // Connected: the next change is made while the reader waits.
                        _ = try await server.call(
                            "POST",
                            "/apply",
                            json: ServerFixture.documents(
                                ServerFixture.model.replacingOccurrences(of: "wine", with: "beer")
                            )
                        )
                    }
                    continue
                }
                #expect(event.revision >= last)
                last = event.revision
                names.append(event.name)
                if event.kind == "Model", event.name == "beer" { break }
            }
            #expect(names.last == "beer")
            reading.end()
            // Where it was, a reader goes on: nothing is told twice. What it says for itself goes before `from`.
            let again = try Self.reading(server, "/watch?from=0", extra: ["-H", "last-event-id: \(last)"])
            var events: [WatchEvent] = []
            for await block in again.blocks() {
                if let event = try Self.event(block) {
                    events.append(event)
                    if event.change == .delete { break }
                } else if events.isEmpty {
                    _ = try await server.call("DELETE", "/models/beer")
                }
            }
            #expect(events.map(\.name) == ["beer"])
            again.end()
        }
    }

    @Test func whoIsTooFarBehindListsAgain() async throws {
        try await ServerFixture.run { server in
            let revision = try await server.applyAll().revision
            // A revision that this store has not seen: as after it was restored from a backup.
            let reading = try Self.reading(server, "/watch?from=\(revision + 1_000)")
            for await block in reading.blocks() {
                guard let event = try Self.event(block) else { continue }
                #expect(event.change == .resync && event.revision >= revision && event.revision < revision + 1_000)
                break
            }
            reading.end()
        }
    }

    @Test func watchesAreBounded() async throws {
        try await ServerFixture.run { server in
            let operations = server.controller.operations
            let feed = EventFeed(operations: operations, beat: .seconds(15), time: .system)
            let streams = EventStreams(limit: 2, feed: feed, beat: .seconds(15), time: .system)
            var open = [try streams.open(from: 0), try streams.open(from: 0)]
            let error = #expect(throws: APIError.self) { try streams.open(from: 0) }
            #expect(error?.document.status == 503)
            #expect(error?.message.contains("2 watches") == true)
            open.removeLast()
            open.append(try streams.open(from: 0))
            #expect(open.count == 2)
        }
    }

    @Test func theFeedTellsWhatItReadAndNothingElse() async throws {
        try await ServerFixture.run { server in
            let operations = server.controller.operations
            let feed = EventFeed(operations: operations, beat: .seconds(15), time: .system)
            let before = try await operations.revision()
            guard case .readStore = await feed.next(after: before) else {
                Issue.record("nobody reads yet")
                return
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await feed.run() }
                defer { group.cancelAll() }
                while !feed.follows(before) { await Task.yield() }
                #expect(!feed.follows(before - 1) && !feed.follows(before + 1))
                async let waited = feed.next(after: before)
                try await server.applyAll()
                guard case .write(let first) = await waited, let change = first.first else {
                    Issue.record("the change did not come")
                    return
                }
                #expect(change.revision == before + 1)
                #expect(String(buffer: change.text).hasPrefix("id: \(before + 1)\nevent: put\ndata: {"))
                let newest = try await operations.revision()
                while !feed.follows(newest) { await Task.yield() }
                guard case .write(let all) = await feed.next(after: before) else {
                    Issue.record("what was told once is not told again")
                    return
                }
                #expect(all.map(\.revision).starts(with: before + 1...newest))
                async let last = feed.next(after: newest)
                feed.end()
                guard case .end = await last, case .end = await feed.next(after: 0) else {
                    Issue.record("the end is not told")
                    return
                }
            }
        }
    }

    @Test func aShutdownEndsTheStreamCleanly() async throws {
        try await ServerFixture.run { server in
            let revision = try await server.call("GET", "/hosts").view(Listing<HostView>.self).revision
            let reading = try Self.reading(server, "/watch?from=\(revision)")
            for await block in reading.blocks() {
                #expect(block == [": watching"])
                await server.stop()
            }
            #expect(await reading.exit() == 0)
        }
    }

    @Test func aReaderThatIsGoneIsNoticed() async throws {
        try await ServerFixture.run(beat: Span(milliseconds: 20)) { server in
            let revision = try await server.call("GET", "/hosts").view(Listing<HostView>.self).revision
            let reading = try Self.reading(
                server,
                "/watch?from=\(revision)",
                extra: ["-H", "x-request-id: gone"]
            )
            var beats = 0
            for await block in reading.blocks() where block == [": alive"] {
                beats += 1
                if beats == 3 { break }
            }
            reading.end()
            let line = await server.log.line(with: "request answered", "request=gone")
            #expect(line.contains("broken="))
        }
    }
}

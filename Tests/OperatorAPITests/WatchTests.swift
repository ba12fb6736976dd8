import DaemonKit
import Fleet
import FleetController
import FleetStore
import Foundation
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
        let streams = EventStreams(limit: 2, beat: .seconds(15), time: .system)
        try await ServerFixture.run { server in
            let watch = server.controller.operations.watch(from: 0)
            var open = [try streams.open(watch), try streams.open(watch)]
            let error = #expect(throws: APIError.self) { try streams.open(watch) }
            #expect(error?.document.status == 503)
            #expect(error?.message.contains("2 watches") == true)
            open.removeLast()
            open.append(try streams.open(watch))
            #expect(open.count == 2)
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

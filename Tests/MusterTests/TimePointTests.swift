import Fleet
import Foundation
import Testing

@testable import muster

@Suite struct TimePointTests {
    private static func read(_ text: String) throws -> Instant {
        let paris = try #require(TimeZone(identifier: "Europe/Paris"))
        // 18:40 UTC is 19:40 in Paris.
        return try TimePoint.read(text, option: "--at", now: Samples.now, zone: paris)
    }

    @Test(arguments: [
        ("2026-11-21T18:00:00Z", "2026-11-21T18:00:00Z"), ("2026-11-21T18:00:00+01:00", "2026-11-21T17:00:00Z"),
        ("2026-11-21T18:00:00.500Z", "2026-11-21T18:00:00Z"), ("2026-11-21 19:00", "2026-11-21T18:00:00Z"),
        ("2026-11-21T19:00", "2026-11-21T18:00:00Z"), ("2026-07-01 12:00:30", "2026-07-01T10:00:30Z"),
        ("19:00", "2026-11-21T18:00:00Z"), ("20:00", "2026-11-20T19:00:00Z"), ("19:40", "2026-11-21T18:40:00Z"),
        ("30m", "2026-11-21T18:10:00Z"), ("1h30m ago", "2026-11-21T17:10:00Z"), (" 10s ago ", "2026-11-21T18:39:50Z"),
    ])
    func whatPeopleWriteIsRead(text: String, instant: String) throws {
        #expect(try Self.read(text).description == instant)
    }

    @Test(arguments: ["", "yesterday", "25:00", "2026-02-30 10:00", "2026-11-21", "3", "10:0", "19:00 2026-11-21"])
    func whatIsNoTimeIsSaid(text: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try Self.read(text) }
        #expect(failure.message == "--at '\(text)' is no point in time; nothing was asked for")
        #expect(failure.exitCode == 64 && failure.hint?.hasPrefix("write 2026-") == true)
    }

    @Test func whatIsYetToComeIsRefused() throws {
        let failure = try #require(throws: CommandFailure.self) { try Self.read("2026-11-21 19:41") }
        #expect(failure.message == "--at '2026-11-21 19:41' is yet to come")
    }
}

import Fleet
import Testing

@testable import FleetAgent

/// What is put on the board reaches whoever reads it.
@Suite(.timeLimit(.minutes(1))) struct HostBoardTests {
    /// A reader that was woken for an older value, or while it looked, still comes to the newest; so does one that takes the
    /// place of another.
    @Test(arguments: [true, false]) func aReaderAlwaysComesToTheNewest(readersChange: Bool) async throws {
        let board = HostBoard(facts: ReplicaPlan.facts)
        let last: UInt64 = 2000
        let seen = try await withThrowingTaskGroup(of: UInt64.self) { tasks in
            tasks.addTask {
                for number in 1...last {
                    board.put(Self.report(number), of: "d")
                    if number.isMultiple(of: 7) { await Task.yield() }
                }
                return last
            }
            tasks.addTask {
                var seen: UInt64 = 0
                while seen < last {
                    let changes = board.changes()
                    seen = board.replica("d")?.item ?? 0
                    guard seen < last else { break }
                    for await _ in changes {
                        seen = board.replica("d")?.item ?? 0
                        if seen == last || readersChange { break }
                    }
                }
                return seen
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(seen == [last, last])
    }

    /// The same report again wakes nobody: each change is a message to the controller.
    @Test func whatIsNoChangeWakesNobody() async {
        let board = HostBoard(facts: ReplicaPlan.facts)
        board.put(Self.report(1), of: "d")
        let changes = board.changes()
        board.put(Self.report(1), of: "d")
        _ = board.changes()
        // The newer reader has ended this stream: whatever it held would come first.
        var heard = changes.makeAsyncIterator()
        #expect(await heard.next() == nil)
    }

    private static func report(_ item: UInt64) -> ReplicaReport {
        ReplicaReport(
            deployment: "d",
            name: "wine",
            item: item,
            goal: nil,
            state: .staging,
            since: Instant(milliseconds: 0)
        )
    }
}

import Fleet
import FleetStore
import Testing

@Suite struct WatchTests {
    @Test func aWatchHasNoGapsAndNoRepeats() async throws {
        let fixture = try await StoreFixture()
        try await fixture.write { _ = try $0.putModel(Model(name: "before")) }
        let watch = fixture.store.watch(from: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<500 {
                group.addTask { try await fixture.write { _ = try $0.putModel(Model(name: "m\(index)")) } }
            }
            var expected: UInt64 = 1
            for try await event in watch {
                #expect(event.revision == expected && event.change == .put && event.kind == "Model")
                if event.revision == 501 { break }
                expected += 1
            }
            try await group.waitForAll()
        }
    }

    @Test func aDeletionAndAResyncAreToldApart() async throws {
        let fixture = try await StoreFixture()
        try await fixture.write { writer in
            _ = try writer.putModel(Model(name: "a"))
            try writer.deleteModel("a")
        }
        let (changes, future) = try await fixture.read { reader throws in
            (try reader.changes(after: 1, limit: 9), try reader.changes(after: 99, limit: 9))
        }
        #expect(changes == [WatchEvent(revision: 2, kind: "Model", name: "a", change: .delete)])
        #expect(future == [WatchEvent(revision: 2, kind: "", name: "", change: .resync)])
    }

    @Test func aReaderTooFarBehindIsToldToListAgain() async throws {
        let fixture = try await StoreFixture()
        let count = FleetDatabase.changesKept + 10
        try await fixture.write { writer in
            for index in 0..<count { _ = try writer.putModel(Model(name: "a", owner: "\(index)")) }
        }
        var iterator = fixture.store.watch(from: 3).makeAsyncIterator()
        let first = try await iterator.next()
        #expect(first == WatchEvent(revision: count, kind: "", name: "", change: .resync))
        try await fixture.write { _ = try $0.putModel(Model(name: "b")) }
        let second = try await iterator.next()
        #expect(second == WatchEvent(revision: count + 1, kind: "Model", name: "b", change: .put))
        let oldest = try await fixture.read { try $0.changes(after: 11, limit: 1).first?.revision }
        #expect(oldest == 12)
    }

    @Test func aWatchEndsWhenItsTaskOrTheStoreDoes() async throws {
        let fixture = try await StoreFixture()
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await fixture.store.watch(from: 0).reduce(0) { count, _ in count + 1 } }
            group.cancelAll()
            let ended = try await group.next()
            #expect(ended == 0)
        }
        async let counted = fixture.store.watch(from: 0).reduce(0) { count, _ in count + 1 }
        try await fixture.store.close()
        let count = try await counted
        #expect(count == 0)
    }
}

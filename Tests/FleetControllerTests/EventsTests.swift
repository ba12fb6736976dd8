import Fleet
import FleetAgent
import FleetTestSupport
import Synchronization
import Testing

@testable import FleetController
@testable import FleetStore

/// What happened lately, from people and from hosts.
@Suite(.timeLimit(.minutes(2))) struct EventsTests {
    private static let begin = Instant(milliseconds: 0)

    /// Stores facts of a host about revisions of the deployment.
    private static func tell(
        _ host: String,
        _ facts: [(revision: UInt64, kind: HostOutcome.Kind)],
        _ operations: FleetOperations
    ) async throws {
        let identity = OperatorIdentity(name: "test", role: .admin)
        try await operations.write(by: identity, reason: nil) { writer in
            let id = try #require(try writer.reader.host(named: host)).host.id
            let uid = try #require(try writer.reader.deployment(named: "wine")).uid
            let outcomes = try facts.enumerated().map { index, fact in
                HostOutcome(
                    sequence: UInt64(index + 1),
                    deployment: uid,
                    item: 1,
                    revision: try writer.reader.revision(fact.revision, of: uid)?.reference,
                    kind: fact.kind,
                    at: begin
                )
            }
            _ = try writer.saveOutcomes(outcomes, of: id, instance: "i")
        }
    }

    @Test func peopleAndHostsAreTold() async throws {
        try await ControllerFixture.run { fixture in
            let scripts = [ScriptedHost(), ScriptedHost()]
            let hosts = [(try await fixture.enrol("h1"), scripts[0]), (try await fixture.enrol("h2"), scripts[1])]
            try await fixture.withHosts(hosts) {
                _ = try await fixture.apply(version: "1")
                try await fixture.wait("version 1 everywhere") { view in
                    view.rollout?.state == .succeeded
                        && scripts.allSatisfy { $0.state.withLock { $0.assignment.items.first?.succeeded.count == 1 } }
                }
                for script in scripts { script.fail(["2"]) }
                _ = try await fixture.apply(version: "2")
                try await fixture.wait("aborted") { $0.rollout?.state == .aborted }
            }
            // Scripted hosts tell no facts by themselves.
            let operations = fixture.operations
            try await Self.tell(
                "h1",
                [(1, .verified), (2, .reverted(cause: "the golden probe answered 7"))],
                operations
            )
            try await Self.tell("h2", [(1, .verified), (1, .serving(nil)), (1, .removed)], operations)
            let all = try await operations.events(since: Self.begin).items
            #expect(all.map(\.at.milliseconds) == all.map(\.at.milliseconds).sorted())
            #expect(Set(all.map(\.id)).count == all.count)
            let proved = all.filter { $0.what == "proved 1 (revision 1)" }
            #expect(Set(proved.map(\.by)) == ["host/h1", "host/h2"] && proved.allSatisfy { !$0.failed })
            let back = try #require(all.first { $0.failed })
            #expect(back.what == "went back from 2 (revision 2): the golden probe answered 7")
            #expect(back.name == "wine" && back.by == "host/h1")
            #expect(
                all.count { $0.by == "host/h2" && $0.kind == "Deployment" } == 2,
                "what serves is told by its proof"
            )
            #expect(all.contains { $0.by == fixture.admin.name && $0.what == "create" && $0.kind == "Deployment" })

            let wine = try await operations.events(of: .deployment, named: "wine", since: Self.begin).items
            #expect(wine.allSatisfy { $0.name == "wine" } && wine.contains { $0.by == "host/h1" })
            #expect(try await operations.events(of: .deployment, named: "beer", since: Self.begin).items.isEmpty)
            let one = try await operations.events(of: .host, named: "h1", since: Self.begin).items
            #expect(one.contains { $0.what == "enrol" } && one.contains { $0.what == "proved 1 (revision 1)" })
            #expect(!one.contains { $0.by == "host/h2" })
            let runtimes = try await operations.events(of: .runtime, since: Self.begin).items
            #expect(!runtimes.isEmpty && runtimes.allSatisfy { $0.kind == "Runtime" })

            let last = try await operations.events(since: Self.begin, limit: 3)
            #expect(last.items == Array(all.suffix(3)), "of more, the newest")
            #expect(last.next == last.items.first.map { "\($0.at.milliseconds)/\($0.id)" })
            let whole = try await operations.events(since: Self.begin, limit: all.count)
            #expect(whole.items == all && whole.next == nil)
            let late = try await operations.events(since: back.at).items
            #expect(late == all.filter { $0.at.milliseconds >= back.at.milliseconds })
        }
    }

    @Test func aQuietHostIsHeardAmongThousands() async throws {
        try await ControllerFixture.run { fixture in
            for name in ["loud", "quiet"] { _ = try await fixture.enrol(name) }
            _ = try await fixture.apply(version: "1")
            let operations = fixture.operations
            try await Self.tell("quiet", [(1, .verified)], operations)
            let noise: [(revision: UInt64, kind: HostOutcome.Kind)] = (0..<4_400).map { number in
                (1, number.isMultiple(of: 2) ? .verified : .serving(nil))
            }
            try await Self.tell("loud", noise, operations)

            let quiet = try await operations.events(of: .host, named: "quiet", since: Self.begin)
            #expect(quiet.items.contains { $0.what == "enrol" } && quiet.next == nil)
            #expect(quiet.items.last?.what == "proved 1 (revision 1)" && quiet.items.last?.by == "host/quiet")
            let newest = try await operations.events(of: .deployment, named: "wine", since: Self.begin)
            #expect(
                newest.items.count == FleetOperations.eventLimit && newest.items.allSatisfy { $0.by == "host/loud" }
            )

            // Page by page, though thousands bear one time.
            var found = newest.items
            var next = newest.next
            while let place = next {
                let page = try await operations.events(
                    of: .deployment,
                    named: "wine",
                    since: Self.begin,
                    before: try #require(EventPlace(place) as EventPlace?)
                )
                #expect(!page.items.isEmpty)
                found = page.items + found
                next = page.next
            }
            #expect(found.map(\.at.milliseconds) == found.map(\.at.milliseconds).sorted())
            #expect(Set(found.map(\.id)).count == found.count)
            #expect(found.count { $0.by == "host/loud" } == 2_200 && found.count { $0.by == "host/quiet" } == 1)
            #expect(found.contains { $0.what == "create" })
        }
    }

    /// What the store takes for an event has words, and nothing else has.
    @Test func everyEventHasWords() async throws {
        try await ControllerFixture.run { fixture in
            let kinds: [HostOutcome.Kind] = [
                .verified, .reverted(cause: "x"), .revertFailed(cause: "x"), .removed, .serving(nil),
                .local(LocalAction(actor: "uid 0", verb: "pin", reason: nil)),
            ]
            let (digest, written) = (Digest(of: "1".utf8), Digest(of: "written".utf8))
            let one = RevisionReference(number: 1, digest: digest, written: written)
            let receipts: [Receipt] = [
                .done(serving: one), .unaffected(serving: nil), .inProgress(.pending), .offline, .pinned,
                .noTarget(.keepServing), .failed(cause: "x", serving: nil),
            ]
            try await fixture.operations.read { reader in
                let words = EventWords(reader: reader)
                for kind in kinds + receipts.map({ HostOutcome.Kind.rolledBack(id: "r", receipt: $0) }) {
                    let outcome = HostOutcome(
                        sequence: 1,
                        deployment: "uid",
                        item: 1,
                        revision: nil,
                        kind: kind,
                        at: Self.begin
                    )
                    let record = OutcomeRecord(host: "h", instance: "i", outcome: outcome, receivedAt: Self.begin)
                    let event = try words.event(of: record)
                    #expect((event != nil) == outcome.isEvent, "\(kind)")
                }
            }
        }
    }
}

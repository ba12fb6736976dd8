import Fleet
import FleetManifest
import FleetTestSupport
import Synchronization
import Testing

@testable import FleetController
@testable import FleetStore

/// Rollbacks, holds and rehearsals as operators ask for them, beside hosts with their real links.
@Suite struct RollbackOperationsTests {
    private static func request(
        _ to: Rollback.Destination = .lastGood,
        hosts: String? = nil,
        scope: Rollback.Scope = .deployments(["wine"]),
        reason: String? = "wrong",
        confirm: String? = "wine"
    ) -> RollbackRequest {
        RollbackRequest(scope: scope, hosts: hosts, to: to, reason: reason, confirm: confirm)
    }

    /// What a call was refused with.
    private static func refusal(
        _ code: ControllerError.Code,
        saying words: String,
        location: SourceLocation = #_sourceLocation,
        _ body: () async throws -> some Any
    ) async {
        do {
            _ = try await body()
            Issue.record("nothing was thrown", sourceLocation: location)
        } catch let error as ControllerError {
            #expect(error.code == code && error.message.contains(words), "\(error)", sourceLocation: location)
            #expect(error.code == .forbidden || error.hint?.isEmpty == false, "\(error)", sourceLocation: location)
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }

    private static func versions(_ fixture: ControllerFixture, _ versions: String...) async throws {
        for version in versions {
            _ = try await fixture.apply(version: version)
            try await fixture.wait("version \(version)") {
                $0.rollout?.state == .succeeded && $0.wanted?.version == version
                    && $0.hosts.allSatisfy { $0.serving?.version == version }
            }
        }
    }

    @Test func everyRefusalSaysWhatToDo() async throws {
        try await ControllerFixture.run { fixture in
            let operations = fixture.operations
            await Self.refusal(.notFound, saying: "there is no deployment 'wine'") {
                try await operations.rollBack(Self.request(), by: fixture.admin)
            }
            await Self.refusal(.notFound, saying: "there is no deployment") {
                try await operations.rollBack(Self.request(scope: .all, confirm: "all"), by: fixture.admin)
            }
            _ = try await fixture.apply(version: "1", hosts: "site=nowhere")
            await Self.refusal(.conflict, saying: "no revision with version 7") {
                try await operations.createHold(HoldRequest(scope: .all, version: "7", reason: "x"), by: fixture.admin)
            }
            await Self.refusal(.notFound, saying: "match 'env=none'") {
                try await operations.rollBack(Self.request(scope: .selector("env=none")), by: fixture.admin)
            }
            await Self.refusal(.invalid, saying: "selector of hosts 'a in' is wrong") {
                try await operations.rollBack(Self.request(hosts: "a in"), by: fixture.admin)
            }
            await Self.refusal(.invalid, saying: "without a reason") {
                try await operations.rollBack(Self.request(reason: " "), by: fixture.admin)
            }
            await Self.refusal(.invalid, saying: "not confirmed") {
                try await operations.rollBack(Self.request(confirm: "wein"), by: fixture.admin)
            }
            await Self.refusal(.conflict, saying: "version 9 never succeeded") {
                try await operations.rollBack(Self.request(.version("9")), by: fixture.admin)
            }
            await Self.refusal(.invalid, saying: "has not come") {
                try await operations.rollBack(Self.request(.time(Instant(milliseconds: 1 << 50))), by: fixture.admin)
            }
            await Self.refusal(.forbidden, saying: "cannot roll back") {
                try await operations.rollBack(Self.request(), by: OperatorIdentity(name: "vi", role: .viewer))
            }
            await Self.refusal(.notFound, saying: "no rollback 'x'") { try await operations.rollback("x", all: false) }
            await Self.refusal(.notFound, saying: "no hold 'x'") { try await operations.hold("x") }
            let oncall = OperatorIdentity(name: "oc", role: .oncall)
            await Self.refusal(.forbidden, saying: "cannot undo") {
                try await operations.undoRollback("x", by: oncall, reason: "y")
            }
            await Self.refusal(.forbidden, saying: "cannot create a hold") {
                try await operations.createHold(HoldRequest(scope: .all, reason: "x"), by: oncall)
            }
            await Self.refusal(.conflict, saying: "is ready to go back") {
                try await operations.drill("wine", percent: 5, by: oncall, reason: nil)
            }
            #expect(try await operations.rollbacks(limit: 9).items.isEmpty)
        }
    }

    @Test func aRollbackIsPlannedStoredAndUndone() async throws {
        try await ControllerFixture.run { fixture in
            let hosts = [
                (try await fixture.enrol("h1"), ScriptedHost()), (try await fixture.enrol("h2"), ScriptedHost()),
            ]
            try await fixture.withHosts(hosts) {
                try await Self.versions(fixture, "1", "2")
                let operations = fixture.operations
                let plan = try await operations.planRollback(Self.request(reason: nil, confirm: nil), by: fixture.admin)
                #expect(plan.confirm == "wine" && plan.counts[.inProgress] == 2 && plan.estimate != nil)
                #expect(plan.deployments.map { $0.condemned.map(\.version) } == [["2"]])
                #expect(plan.deployments[0].ways.map { $0.to?.version } == ["1"])
                #expect(plan.hosts.map(\.host) == ["h1", "h2"])
                #expect(try await operations.rollbacks(limit: 9).items.isEmpty, "it only shows")

                let view = try await operations.rollBack(Self.request(), by: fixture.admin)
                let id = view.rollback.id
                #expect(view.rollback.reason == "wrong" && view.rollback.actor == "ada" && id.count == 12)
                #expect(view.deployments.map { $0.holds.map(\.revision.version) } == [["2"]])
                try await fixture.wait("version 1") { $0.hosts.allSatisfy { $0.serving?.version == "1" } }
                #expect(try await operations.rollbacks(limit: 9).items.map(\.rollback.id) == [id])

                // GitOps applies what is written again.
                let again = try await fixture.apply(version: "2")
                #expect(again.changes.filter { $0.action == .held }.map(\.name) == ["wine"])

                let undone = try await operations.undoRollback(id, by: fixture.admin, reason: "mended")
                #expect(undone.rollback.undone?.actor == "ada" && undone.rollback.undone?.reason == "mended")
                #expect(try await operations.holds().items.isEmpty)
                try await fixture.wait("version 2 again") { $0.hosts.allSatisfy { $0.serving?.version == "2" } }
                await Self.refusal(.conflict, saying: "ada has undone it") {
                    try await operations.undoRollback(id, by: fixture.admin, reason: "once more")
                }
                let verbs = try await operations.store.read { try $0.audit(of: .rollback, id, limit: 99).map(\.verb) }
                #expect(verbs.first == "undo" && verbs.last == "rollback")
                #expect(try await operations.store.read { try $0.auditBreak() } == nil)
            }
        }
    }

    @Test func aVersionIsGoneBackToOverOneInBetween() async throws {
        try await ControllerFixture.run { fixture in
            let script = ScriptedHost()
            try await fixture.withHosts([(try await fixture.enrol("h1"), script)]) {
                try await Self.versions(fixture, "1", "2", "3")
                let view = try await fixture.operations.rollBack(Self.request(.version("1")), by: fixture.admin)
                let condemned = view.deployments.first?.holds.map(\.revision.version)
                #expect(condemned.map(Set.init) == ["2", "3"])
                try await fixture.wait("version 1") { $0.hosts.allSatisfy { $0.serving?.version == "1" } }
                let order = try await fixture.operations.store.read { reader in
                    try reader.rollbackOrders(ofRollback: view.rollback.id).first
                }
                #expect(order?.target?.number == 1)
            }
        }
    }

    @Test func aHoldIsCreatedForAVersionAndForHosts() async throws {
        try await ControllerFixture.run { fixture in
            let hosts = [
                (try await fixture.enrol("h1", labels: ["site": "lyon", "rack": "1"]), ScriptedHost()),
                (try await fixture.enrol("h2", labels: ["site": "lyon", "rack": "2"]), ScriptedHost()),
            ]
            try await fixture.withHosts(hosts) {
                try await Self.versions(fixture, "1", "2")
                let operations = fixture.operations
                let old = try await operations.createHold(
                    HoldRequest(scope: .deployments(["wine"]), version: "1", reason: "leaks"),
                    by: fixture.admin
                )
                #expect(old.items.map(\.revision.version) == ["1"] && old.items.map(\.hosts) == [nil])
                await Self.refusal(.conflict, saying: "held by ada") {
                    try await operations.createHold(
                        HoldRequest(scope: .all, version: "1", reason: "again"),
                        by: fixture.admin
                    )
                }
                let narrow = try await operations.createHold(
                    HoldRequest(scope: .all, hosts: "rack=2", version: "2", reason: "slow there"),
                    by: fixture.admin
                )
                #expect(narrow.items.map(\.hosts) == [["h2"]] && narrow.items.map(\.hold.rollback) == [nil])
                let id = try #require(narrow.items.first?.hold.id)
                let lifted = try await operations.liftHold(id, by: fixture.admin, reason: "new disks")
                #expect(lifted.lifted?.reason == "new disks" && lifted.hosts == ["h2"])
                #expect(try await operations.hold(id).lifted?.actor == "ada")
                #expect(try await operations.holds().items.map(\.revision.version) == ["1"])
            }
        }
    }

    @Test func receiptsComeInPagesWithTheirPlaceInTheAudit() async throws {
        try await ControllerFixture.run { fixture in
            let script = ScriptedHost()
            try await fixture.withHosts([(try await fixture.enrol("h1"), script)]) {
                try await Self.versions(fixture, "1", "2")
                let view = try await fixture.operations.rollBack(Self.request(), by: fixture.admin)
                let id = view.rollback.id
                let uid = try #require(view.deployments.first?.uid)
                // The host's outbox.
                let way = try #require(script.state.withLock { $0.good[uid]?.first { $0.number == 1 } })
                let outcome = HostOutcome(
                    sequence: 1,
                    deployment: uid,
                    item: 3,
                    revision: way,
                    kind: .rolledBack(id: id, receipt: .done(serving: way)),
                    at: Instant(milliseconds: 77)
                )
                let listeners = script.state.withLock { state in
                    state.outcomes.append(outcome)
                    return state.listeners
                }
                for listener in listeners { listener.yield() }
                let limit = ContinuousClock.now + .seconds(20)
                var receipts = try await fixture.operations.receipts(of: id, after: nil)
                while receipts.items.first?.provenAt == nil, ContinuousClock.now < limit {
                    await Task.yield()
                    receipts = try await fixture.operations.receipts(of: id, after: nil)
                }
                let receipt = try #require(receipts.items.first)
                #expect(receipt.receipt == .done(serving: way) && receipt.to?.version == "1")
                #expect(receipt.provenAt == Instant(milliseconds: 77) && receipt.host == "h1")
                #expect(receipts.items.count == 1 && receipts.next == nil)
                let record = try await fixture.operations.store.read { reader in
                    try reader.audit(after: (receipt.audit?.sequence ?? 1) - 1, limit: 1).first
                }
                #expect(record?.hash == receipt.audit?.hash && record?.verb == "receipt")
                #expect(record?.after?.contains(#""askedBy":"ada""#) == true)
                await Self.refusal(.invalid, saying: "no place") {
                    try await fixture.operations.receipts(of: id, after: "x")
                }
                #expect(try await fixture.operations.receipts(of: id, after: "\(uid)/~").items.isEmpty)
            }
        }
    }

    @Test func aRehearsalChoosesHostsThatAreReady() async throws {
        try await ControllerFixture.run { fixture in
            let script = ScriptedHost()
            try await fixture.withHosts([(try await fixture.enrol("h1"), script)]) {
                try await Self.versions(fixture, "1", "2")
                await Self.refusal(.conflict, saying: "none of the 1 hosts") {
                    try await fixture.operations.drill("wine", percent: 5, by: fixture.admin, reason: nil)
                }
                script.becomeReady()
                try await fixture.wait("it could go back") { $0.counts.ready == 1 }
                let view = try await fixture.operations.drill("wine", percent: 5, by: fixture.admin, reason: "monthly")
                #expect(view.rollback.isDrill && view.rollback.reason == "monthly" && view.counts.total == 1)
                #expect(view.deployments.first?.hosts.map(\.host) == ["h1"])
                #expect(view.deployments.first?.hosts.first?.from?.version == "2")
                #expect(view.deployments.first?.holds.isEmpty == true)
            }
        }
    }

    @Test func aRehearsalIsEndedByHand() async throws {
        try await ControllerFixture.run { fixture in
            let script = ScriptedHost()
            try await fixture.withHosts([(try await fixture.enrol("h1"), script)]) {
                try await Self.versions(fixture, "1", "2")
                script.becomeReady()
                try await fixture.wait("it could go back") { $0.counts.ready == 1 }
                script.stick(true)
                let operations = fixture.operations
                let rollout = try await operations.deployments(nil).items.first?.rollout?.id
                let id = try await operations.drill("wine", percent: 5, by: fixture.admin, reason: nil).rollback.id
                try await fixture.wait("it goes") { $0.hosts.first?.goal?.version == "1" }
                let oncall = OperatorIdentity(name: "oc", role: .oncall)
                let ended = try await operations.undoRollback(id, by: oncall, reason: "enough")
                #expect(ended.rollback.undone?.actor == "oc" && ended.counts[.inProgress] == 1)
                script.stick(false)
                let limit = ContinuousClock.now + .seconds(20)
                var view = try await operations.rollback(id, all: true)
                while view.state != .ended, ContinuousClock.now < limit {
                    await Task.yield()
                    view = try await operations.rollback(id, all: true)
                }
                #expect(
                    try await operations.deployments(nil).items.first?.rollout?.id == rollout,
                    "nothing is rolled out"
                )
                let host = try #require(view.deployments.first?.hosts.first)
                let why = if case .failed(let cause, _) = host.receipt { cause } else { "\(host.receipt)" }
                #expect(why == "taken back by oc: enough")
                #expect(host.audit != nil && host.provenAt == nil)
                try await fixture.wait("home") { $0.hosts.first?.serving?.version == "2" }
                await Self.refusal(.conflict, saying: "oc has undone it") {
                    try await operations.undoRollback(id, by: oncall, reason: "x")
                }
                script.becomeReady()
                let whole = try await operations.drill("wine", percent: 5, by: fixture.admin, reason: nil).rollback.id
                while try await operations.rollback(whole, all: true).state != .ended, ContinuousClock.now < limit {
                    await Task.yield()
                }
                await Self.refusal(.conflict, saying: "it has ended") {
                    try await operations.undoRollback(whole, by: oncall, reason: "x")
                }
            }
        }
    }

    @Test func theHistorySaysWhoServedWhat() async throws {
        try await ControllerFixture.run { fixture in
            _ = try await fixture.enrol("h1")
            _ = try await fixture.apply(version: "1", hosts: "site=nowhere")
            _ = try await fixture.apply(version: "2", hosts: "site=nowhere")
            let operations = fixture.operations
            let record = try #require(try await operations.store.read { try $0.deployment(named: "wine") })
            let host = try #require(operations.directory.all.first?.id)
            let revisions = try await operations.store.read { try $0.revisions(of: record.uid).map(\.reference) }
            try await operations.store.write(
                Change(actor: "t", now: operations.environment.now(), term: operations.term)
            ) {
                writer in
                for (index, revision) in revisions.enumerated() {
                    let outcome = HostOutcome(
                        sequence: UInt64(index + 1),
                        deployment: record.uid,
                        item: 1,
                        revision: nil,
                        kind: .serving(revision),
                        at: Instant(milliseconds: Int64(index + 1) * 1_000)
                    )
                    _ = try writer.saveOutcomes([outcome], of: host, instance: "i")
                }
            }
            let now = try await operations.hosts(serving: "wine", version: nil, at: nil)
            #expect(now.items.map(\.revision.version) == ["2"] && now.counts == ["2": 1])
            #expect(now.items.map(\.host) == ["h1"] && now.items.map(\.deployment) == ["wine"])
            let then = try await operations.hosts(serving: "wine", version: "1", at: Instant(milliseconds: 1_500))
            #expect(then.items.map(\.since.milliseconds) == [1_000] && then.items[0].until?.milliseconds == 2_000)
            #expect(try await operations.hosts(serving: "wine", version: "1", at: nil).items.isEmpty)
            let history = try await operations.history(ofHost: "h1")
            #expect(history.items.map(\.revision.version) == ["2", "1"])
            await Self.refusal(.notFound, saying: "no model 'wein'") {
                try await operations.hosts(serving: "wein", version: nil, at: nil)
            }
            await Self.refusal(.notFound, saying: "no version '9'") {
                try await operations.hosts(serving: "wine", version: "9", at: nil)
            }
            await Self.refusal(.notFound, saying: "no host 'h9'") { try await operations.history(ofHost: "h9") }
        }
    }
}

import Fleet
import FleetPlanning
import FleetStore
import Testing

@testable import FleetController

@Suite struct PlanExecutorTests {
    private func rollout(_ bench: ExecutorBench, _ name: String = "wine") throws -> Rollout? {
        let uid = try bench.record(name).uid
        return try bench.store.readNow { try $0.newestRollout(of: uid) }
    }

    @Test func aRolloutGoesThroughItsWavesAndEnds() throws {
        var bench = try ExecutorBench(sites: ["lyon": 6, "ulm": 4])
        try bench.apply("wine", version: "1", policy: RolloutPolicy(waves: [.count(1), .percent(50), .percent(100)]))
        try bench.settle()
        let rollout = try #require(try rollout(bench))
        #expect(rollout.state == .succeeded)
        #expect(rollout.waveEnds == [1, 5, 10])
        let counts = try bench.store.readNow { RolloutCounts(try $0.targets(of: rollout.id)) }
        #expect(counts[.verified] == 10 && counts.total == 10)
        #expect(bench.directory.all.allSatisfy { $0.report?.replicas.first?.serving?.number == 1 })
        let stored = bench.stored
        try bench.settle()
        #expect(bench.stored == stored, "nothing is stored when nothing changes")
    }

    @Test func aPlanThatIsNotStoredIsMadeAgainFromTheStore() throws {
        var bench = try ExecutorBench(sites: ["lyon": 4])
        try bench.apply("wine", version: "1")
        var attempt = 0
        for _ in 0..<200 {
            attempt += 1
            let fails = attempt % 3 == 0
            bench.obey(try bench.turn { _ in !fails })
            if !bench.executor.knows("uid-wine") { try bench.read("uid-wine") }
            if bench.executor.due(at: bench.now).isEmpty { break }
        }
        #expect(try rollout(bench)?.state == .succeeded)
        #expect(try bench.record("wine").plan >= UInt64(bench.stored))
    }

    @Test func aMachineThatIsBehindTheStoreStoresNothing() throws {
        var bench = try ExecutorBench(sites: ["lyon": 4])
        try bench.apply("wine", version: "1")
        let made = bench.executor.plan("uid-wine", at: bench.now, freshRollout: "r")
        let plan = try #require(made)
        #expect(!plan.isEmpty)
        // Somebody says something meanwhile.
        try bench.tell(.pause, "wine")
        let step = bench.step
        #expect(throws: FleetStoreError.self) {
            _ = try bench.write { try step.store(plan, of: "uid-wine", in: $0) }
        }
        try bench.settle()
        #expect(try rollout(bench)?.state == .paused)
        try bench.tell(.resume, "wine")
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
    }

    @Test func aPolicyThatChangesNothingTodayFencesTheOldOne() throws {
        var bench = try ExecutorBench(sites: ["lyon": 2])
        try bench.apply("wine", version: "1")
        try bench.settle()
        let before = try bench.record("wine").plan
        try bench.apply("wine", version: "1", policy: RolloutPolicy(bake: .seconds(60)))
        #expect(try bench.record("wine").plan == before + 1)
    }

    @Test func twoDeploymentsShareTheSlotsOfASite() throws {
        var bench = try ExecutorBench(sites: ["lyon": 6], slotsPerSite: 2)
        let policy = RolloutPolicy(waves: [.percent(100)])
        try bench.apply("wine", version: "1", policy: policy)
        try bench.apply("beer", version: "1", policy: policy)
        var staging: [String: Set<String>] = [:]
        for _ in 0..<100 {
            let items = try bench.turn()
            for (uid, items) in items {
                for (host, item) in items {
                    if item.order == .stage { staging[uid, default: []].insert(host) }
                    if item.order != .stage { staging[uid]?.remove(host) }
                }
            }
            #expect(staging.values.map(\.count).reduce(0, +) <= 2)
            bench.obey(items)
            staging = [:]
            if bench.executor.due(at: bench.now).isEmpty { break }
        }
        #expect(try rollout(bench, "wine")?.state == .succeeded)
        #expect(try rollout(bench, "beer")?.state == .succeeded)
    }

    @Test func abortAndRetry() throws {
        var bench = try ExecutorBench(sites: ["lyon": 4])
        try bench.apply("wine", version: "1")
        try bench.settle()
        bench.failing = ["2"]
        try bench.apply("wine", version: "2")
        try bench.settle()
        #expect(try rollout(bench)?.state == .aborted)
        #expect(bench.directory.all.allSatisfy { $0.report?.replicas.first?.serving?.number == 1 })
        bench.failing = []
        try bench.tell(.retry, "wine")
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
        #expect(bench.directory.all.allSatisfy { $0.report?.replicas.first?.serving?.number == 2 })
        #expect(throws: RolloutRefusal.self) { try bench.tell(.retry, "wine") }
    }

    @Test func aBakeWakesItsDeploymentByItself() throws {
        var bench = try ExecutorBench(sites: ["lyon": 4])
        let policy = RolloutPolicy(waves: [.count(1), .percent(100)], bake: .seconds(300))
        try bench.apply("wine", version: "1", policy: policy)
        try bench.settle()
        #expect(try rollout(bench)?.state == .baking)
        let wake = try #require(bench.executor.nextWake)
        #expect(wake == bench.now + .seconds(300))
        bench.pass(.seconds(299))
        #expect(bench.executor.due(at: bench.now).isEmpty)
        bench.pass(.seconds(1))
        try bench.settle()
        #expect(try rollout(bench)?.wave == 1)
        bench.pass(.seconds(300))
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
    }

    @Test func whoeverWaitsSaysForWhat() throws {
        var bench = try ExecutorBench(sites: ["lyon": 6])
        let policy = RolloutPolicy(waves: [.count(1), .percent(100)], bake: .seconds(300))
        try bench.apply("wine", version: "1", policy: policy)
        try bench.settle()
        #expect(try rollout(bench)?.state == .baking)
        let waiting = try bench.explanations("wine").first { $0.why.contains("wave 1 of 2") && $0.why.contains("wait") }
        #expect(
            waiting?.why == "lyon-1, lyon-2, lyon-3 and 2 more wait for the end of wave 1 of 2 and 5m of watching it"
        )
        #expect(waiting?.next == "muster rollout status wine --all")
        // A host that joins has nothing older to run.
        try bench.addHost("lyon-9", site: "lyon")
        #expect(try bench.explanations("wine").contains { $0.why.hasPrefix("lyon-9 waits for the rollout's end") })
        bench.pass(.seconds(300))
        try bench.settle()
        bench.pass(.seconds(300))
        try bench.settle()
        try bench.read("uid-wine")
        try bench.settle()
        #expect(try bench.explanations("wine") == [], "also the host that joined has it now")
    }

    @Test func aFreezeIsNamed() throws {
        var bench = try ExecutorBench(sites: ["lyon": 3])
        let freeze = Freeze(from: "2026-11-20T00:00", until: "2026-11-23T00:00", zone: "UTC", reason: "audit week")
        try bench.apply("wine", version: "1", freezes: [freeze])
        try bench.settle()
        let why = try bench.explanations("wine").map(\.why).joined(separator: "\n")
        #expect(why.contains("frozen until 2026-11-23T00:00 UTC: audit week"), "\(why)")
        #expect(try rollout(bench)?.state == .preflight)
        let opening = try #require(bench.executor.nextWake)
        #expect(opening == WindowCalendarTests.instant("2026-11-23T00:00"))
        bench.pass(opening - bench.now)
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
    }

    @Test func clocksLeaveOutTheTimeWithoutAController() throws {
        var bench = try ExecutorBench(sites: ["lyon": 4])
        try bench.apply("wine", version: "1", policy: RolloutPolicy(waves: [.count(1), .percent(100)]))
        // Somebody is told to go and says nothing yet.
        var told: [String: [String: AssignmentItem]] = [:]
        while told["uid-wine"]?.values.contains(where: { $0.order == .converge }) != true {
            bench.obey(told)
            told = try bench.turn()
        }
        bench.pass(.seconds(120))
        bench.pass(.seconds(3 * 3600))
        try bench.restart()
        let clock = try #require(try rollout(bench)?.clock)
        #expect(clock.runningSince == bench.now)
        #expect(clock.value(at: bench.now) < .seconds(121), "nothing was counted that nobody could act in")
        _ = try bench.turn()
        #expect(try rollout(bench)?.state == .progressing)
        let plan = try bench.record("wine").plan
        try bench.read("uid-wine")
        #expect(try bench.record("wine").plan == plan, "once a start")
        bench.obey(told)
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
    }

    @Test func aDeletedDeploymentIsForgotten() throws {
        var bench = try ExecutorBench(sites: ["lyon": 5])
        try bench.apply("wine", version: "1")
        try bench.settle()
        let step = bench.step
        _ = try bench.write { try step.run(try $0.removeDeployment(named: "wine"), in: $0) }
        try bench.read("uid-wine")
        try bench.settle()
        #expect(try bench.store.readNow { try $0.deployment(uid: "uid-wine")?.state } == .deleted)
        #expect(bench.executor.due(at: bench.now).isEmpty)
        #expect(bench.executor.deployments(of: "id-lyon-0").isEmpty)
    }

    /// A bake is measured, and does not end because somebody sets the clock; a freeze ends by the clock.
    @Test(arguments: [-7200, 7200] as [Int64]) func aJumpOfTheClockEndsNoBake(seconds: Int64) throws {
        var bench = try ExecutorBench(sites: ["lyon": 2])
        try bench.apply("wine", version: "1", policy: RolloutPolicy(waves: [.percent(100)], bake: .seconds(300)))
        try bench.settle()
        bench.clock.jump(.seconds(seconds))
        try bench.tell(.pause, "wine")
        try bench.tell(.resume, "wine")
        bench.pass(.seconds(299))
        try bench.settle()
        #expect(try rollout(bench)?.state == .baking)
        bench.pass(.seconds(1))
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
    }

    @Test func aFreezeEndsByTheTimeOfDay() throws {
        var bench = try ExecutorBench(sites: ["lyon": 2])
        let freeze = Freeze(from: "2026-11-20T00:00", until: "2026-11-23T00:00", zone: "UTC", reason: "audit week")
        try bench.apply("wine", version: "1", freezes: [freeze])
        try bench.settle()
        #expect(try rollout(bench)?.state == .preflight)
        bench.clock.jump(.seconds(3 * 86_400))
        bench.executor.mark("uid-wine")
        try bench.settle()
        #expect(try rollout(bench)?.state != .preflight)
    }

    /// The clock was set back while no controller ran.
    @Test func aRolloutGoesOnWhenTheClockWasSetBack() throws {
        var bench = try ExecutorBench(sites: ["lyon": 2])
        try bench.apply("wine", version: "1", policy: RolloutPolicy(waves: [.percent(100)], bake: .seconds(300)))
        try bench.settle()
        bench.pass(.seconds(-7200))
        try bench.restart()
        try bench.settle()
        #expect(try rollout(bench)?.state == .baking)
        bench.pass(.seconds(300))
        try bench.settle()
        #expect(try rollout(bench)?.state == .succeeded)
    }
}

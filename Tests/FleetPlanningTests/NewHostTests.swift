import Fleet
import FleetPlanning
import Testing

/// Hosts that come, are heard and go between two plans leave the machine that one made anew from the picture is.
@Suite struct NewHostTests {
    @Test(arguments: 0..<20)
    func manyHostsComeBetweenTwoPlans(seed: Int) throws {
        var fleet = PlanningFleet(hosts: 5)
        fleet.apply(1)
        _ = fleet.settle()
        var machine = fleet.machine
        var number = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ bound: Int) -> Int {
            number ^= number << 13
            number ^= number >> 7
            number ^= number << 17
            return Int(number % UInt64(bound))
        }
        for index in 0..<30 {
            let name = "n\(random(1000))-\(index)"
            switch random(4) {
            case 0, 1: machine.take(.host(.init(id: name, name: name, isSelected: true, site: "s\(random(3))")))
            case 2:
                let hosts = machine.picture.hosts
                machine.take(.reachability(host: hosts[random(hosts.count)].id, unreachableSince: fleet.now))
            default:
                let hosts = machine.picture.hosts
                machine.take(.gone(host: hosts[random(hosts.count)].id))
            }
        }
        var anew = DeploymentMachine(machine.picture)
        var ledgers: [SiteLedger?] = [SiteLedger(limit: 2), SiteLedger(limit: 2)]
        let plan = machine.plan(at: fleet.now, calendar: .always, sites: &ledgers[0], freshRollout: "x")
        #expect(
            plan == anew.plan(at: fleet.now, calendar: .always, sites: &ledgers[1], freshRollout: "x"),
            "seed \(seed)"
        )
        #expect(machine.picture == anew.picture, "seed \(seed)")
        #expect(!plan.items.isEmpty)
    }
    /// What a host had made ready is gone with its disk: its turn does not come before it has staged again.
    @Test func aHostThatIsInstalledAnewStagesAgainBeforeItsTurn() {
        var policy = PlanningFleet.quick
        policy.waves = [.count(1), .percent(100)]
        policy.maxInFlight = .percent(100)
        var fleet = PlanningFleet(hosts: 3, policy: policy)
        fleet.settle()
        fleet.apply(2)
        fleet.plan()
        for number in 2...3 { fleet.work(number) }
        fleet.plan()
        #expect(fleet.words[1...] == ["staged", "staged"])
        fleet.take(.report(host: PlanningFleet.id(2), nil))
        for _ in 0..<6 {
            fleet.plan()
            fleet.work(1)
        }
        #expect(fleet.words == ["verified", "staging", "moving"], "\(fleet.summary)")
        #expect(fleet.host(2)?.item?.order == .stage)
        fleet.work(2)
        fleet.plan()
        #expect(fleet.host(2)?.item?.order == .converge)
    }
}

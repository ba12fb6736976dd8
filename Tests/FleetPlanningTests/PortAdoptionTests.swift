import Fleet
import FleetPlanning
import Testing

/// A host that refuses an endpoint's port, since another program listens on it, and may take it over later.
@Suite struct PortAdoptionTests {
    private static func grant(_ number: Int, _ port: UInt16?, in fleet: inout PlanningFleet) {
        fleet.edit { picture in
            for index in picture.hosts.indices where picture.hosts[index].id == PlanningFleet.id(number) {
                let since = Instant(milliseconds: 1)
                let adoption = port.map { PortAdoption(port: $0, actor: "eve", reason: nil, since: since) }
                picture.hosts[index].adoptedPorts = [adoption].compactMap { $0 }
            }
        }
    }

    private static func fleet(hosts: Int) -> PlanningFleet {
        var fleet = PlanningFleet(hosts: hosts)
        fleet.edit { $0.endpoint = Endpoint(port: 8080, to: "http") }
        return fleet
    }

    @Test func aHostThatWasLeftOutIsAskedAgain() throws {
        var fleet = Self.fleet(hosts: 1)
        fleet.refusing = [PlanningFleet.id(1)]
        fleet.settle()
        #expect(fleet.rollout?.state == .paused && fleet.serving == [0], "\(fleet.summary)")
        #expect(fleet.host(1)?.item?.adoptsPort == nil)
        // Another port helps nobody.
        Self.grant(1, 8081, in: &fleet)
        fleet.settle()
        try fleet.perform(.resume)
        fleet.settle()
        #expect(fleet.rollout?.state == .paused && fleet.serving == [0], "\(fleet.summary)")
        Self.grant(1, 8080, in: &fleet)
        fleet.refusing = []
        fleet.plan()
        try fleet.perform(.resume)
        fleet.settle()
        #expect(fleet.rollout?.state == .succeeded && fleet.serving == [1], "\(fleet.summary)")
        #expect(fleet.host(1)?.item?.adoptsPort == true)
    }

    @Test func outsideARolloutTheHostIsToldAtOnce() {
        var fleet = Self.fleet(hosts: 2)
        fleet.settle()
        #expect(fleet.serving == [1, 1], "\(fleet.summary)")
        // Another port, which somebody listens on: no rollout is needed for it.
        fleet.edit { $0.endpoint = Endpoint(port: 9090, to: "http") }
        fleet.plan()
        let number = fleet.host(1)?.item?.number ?? 0
        fleet.say(1, .staging, reason: "port 9090", failure: ReplicaFailure(kind: .refused, state: .staging))
        fleet.plan()
        #expect(fleet.host(1)?.item?.number == number)
        Self.grant(1, 9090, in: &fleet)
        fleet.plan()
        #expect(fleet.host(1)?.item?.adoptsPort == true, "\(fleet.summary)")
        fleet.settle()
        #expect(fleet.hosts.map(\.report?.endpoint?.port) == [9090, 9090])
    }

    @Test func whoServesHearsOfItToo() {
        var fleet = Self.fleet(hosts: 1)
        fleet.settle()
        Self.grant(1, 8080, in: &fleet)
        fleet.settle()
        #expect(fleet.host(1)?.item?.adoptsPort == true && fleet.serving == [1], "\(fleet.summary)")
        Self.grant(1, nil, in: &fleet)
        fleet.settle()
        #expect(fleet.host(1)?.item?.adoptsPort == nil && fleet.serving == [1], "\(fleet.summary)")
    }
}

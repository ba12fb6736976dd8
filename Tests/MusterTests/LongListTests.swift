import Fleet
import FleetClient
import Foundation
import Testing

@testable import muster

/// What lists say of deployments with many hosts, and of hosts on which nothing moves.
@Suite struct LongListTests {
    @Test func aDeploymentOfManyHostsIsCountedInLists() throws {
        let new = Samples.revision(2, "2.0.0")
        let hosts = (0..<21).map { Samples.host("h\($0)", $0 < 20 ? .verified : .starting, serving: new) }
        var view = try Samples.deployment(hosts: hosts)
        view.explanations = hosts.map { Explanation(why: "\($0.host) waits", who: "you") }
        let short = view.shortened
        #expect(short.hosts.isEmpty && short.explanations.count == 20)
        #expect(short.counts == view.counts)
        #expect(short.cells(now: Samples.now).map(\.text) == view.cells(now: Samples.now).map(\.text))
        #expect(short.cells(now: Samples.now)[4].text == "20/21")
        #expect(try Samples.deployment(hosts: Array(hosts.prefix(20))).shortened.hosts.count == 20)
    }

    @Test func aHostOnWhichNothingMovesSaysSo() {
        var view = Samples.hostView
        view.explanations = [.frozen(because: "an old backup", since: Samples.ago(5))]
        #expect(view.cells(now: Samples.now)[1].text == "connected, frozen")
        #expect(view.whys.contains { $0.why.hasPrefix("frozen: ") })
        view.explanations = [.quarantine(of: "lyon-1", because: "it reports more", since: Samples.ago(5))]
        #expect(view.cells(now: Samples.now)[1].text == "quarantined")
        view.connected = false
        view.explanations = [.frozen(because: "an old backup", since: Samples.ago(5))]
        #expect(view.cells(now: Samples.now)[1].text == "unreachable")
        #expect(view.whys.contains { $0.why.contains("has no session") }, "frozen is not why it is not heard")
    }

    @Test(arguments: [
        (true, false, false, false), (true, false, true, false), (true, false, false, true), (false, true, true, true),
        (false, false, false, false),
    ])
    func aLineOfTheShortListIsTheTablesLine(connected: Bool, revoked: Bool, frozen: Bool, quarantined: Bool) throws {
        var view = Samples.hostView
        (view.connected, view.host.isRevoked) = (connected, revoked)
        if frozen { view.explanations.append(.frozen(because: "an old backup", since: Samples.ago(5))) }
        if quarantined {
            view.explanations.append(.quarantine(of: "lyon-1", because: "it reports more", since: Samples.ago(5)))
        }
        for warnings in [[], view.warnings] {
            view.warnings = warnings
            let seen = try #require(view.lastSeen).milliseconds
            let text =
                #"{"name":"lyon-1","labels":{"site":"lyon","gpu":""},"connected":\#(connected),"lastSeen":\#(seen),"#
                + #""revoked":\#(revoked),"quarantined":\#(quarantined),"warnings":\#(warnings.count),"#
                + #""replicas":0,"serving":0}"#
            let line = try JSONDecoder().decode(HostLine.self, from: Data(text.utf8))
            #expect(line.cells(isFrozen: frozen, now: Samples.now) == Array(view.cells(now: Samples.now).prefix(5)))
        }
    }
}

import Fleet
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
}

import Fleet
import Testing

@testable import SessionLifecycle

/// Who is the host, and who a copy of it.
@Suite struct CloneWatchTests {
    /// One machine: its machine id, boot, process and address.
    private static func peer(_ machine: String, _ boot: String, _ run: String, _ address: String = "10.0.0.1")
        -> CloneWatch.Peer
    {
        .init(machine: machine, boot: boot, run: run, address: address)
    }

    /// A, as it enrolled; B, a copy with the same machine id; X, a copy with its own; O and P, two of an older agent.
    private static let peers: [Character: CloneWatch.Peer] = [
        "A": peer("m", "b1", "r1"), "B": peer("m", "b2", "r2", "10.0.0.2"), "C": peer("m", "b3", "r3"),
        "X": peer("x", "b4", "r4"), "N": peer("", "b5", "r5"), "O": peer("", "b6", ""), "P": peer("", "b7", ""),
        // The process and the boot of A, from another address: the copy of a running machine's memory.
        "a": peer("m", "b1", "r1", "10.0.0.9"),
    ]

    /// What happens, in words: `+SECONDS` lets time pass, `-` closes the session, a letter says Hello; then what each Hello
    /// leads to: `i`n, `o`ver the other, `r`efused, `b`oth refused.
    @Test(arguments: [
        ("a network drop is no clone", "A +1 A +1 A +1 A +1 A", "i i i i i"),
        ("nor is a host that restarts again and again", "A +5 B +5 C +5 N +5 O +5 P", "i i i i i i"),
        ("nor are two within a longer time", "A +30 B +31 A +30 B +31 A +30 B", "i i i i i i"),
        ("nor is a change of hands that closes its sessions", "A - B - A - B - A - B", "i i i i i i"),
        ("another machine never gets in", "A +1 X +60 X", "i r r"),
        ("not even where nobody is", "X +1 A", "r i"),
        ("two that displace each other: nothing tells", "A +10 B +10 A +10 B", "i i i b"),
        ("both are out", "A +1 B +1 A +1 B +60 A +1 B +500 A +1 B", "i i i b r r r r"),
        ("after ten minutes one is in", "A +1 B +1 A +1 B +600 A", "i i i b i"),
        ("and the other displaces it again", "A +1 B +1 A +1 B +600 A +1 B +1 A +1 B", "i i i b i i i b"),
        ("who was there before stays in", "A +600 B +10 A +10 B", "i i i r"),
        ("and is not displaced while it is in", "A +600 B +1 A +1 B +700 B +700 B", "i i i r r r"),
        ("but when it is gone the other may come", "A +600 B +1 A +1 B +1 - +600 B", "i i i r i"),
        ("who was there before is let in over the other", "A +600 - B +1 A +1 B +1 A", "i i i i o"),
        ("one that was there long ago is nobody", "A +600 - +90 B +1 A +1 B +1 A", "i i i i b"),
        ("an enrolled machine id is worth more than none", "N +600 A +1 N +1 A", "i i i o"),
        ("older agents are told apart by their boots", "O +1 P +1 O +1 P", "i i i b"),
        ("older agents of one boot are one", "O +1 O +1 O +1 O", "i i i i"),
        ("the copy of a memory comes from another address", "A +1 a +1 A +1 a", "i i i b"),
        ("three are two too many", "A +1 B +1 C +1 A", "i i i b"),
        ("the right one of three returns", "A +600 B +1 C +1 B +1 A", "i i i b i"),
    ]) func rule(what: String, events: String, outcome: String) {
        var watch = CloneWatch()
        var now = Instant(milliseconds: 1_000_000)
        var outcomes: [String] = []
        for word in events.split(separator: " ") {
            if word == "-" {
                watch.sessionClosed(now: now)
            } else if word.hasPrefix("+") {
                now = now + .seconds(Int64(word.dropFirst()) ?? 0)
            } else if let peer = word.first.flatMap({ Self.peers[$0] }) {
                switch watch.helloReceived(peer, enrolled: "m", now: now) {
                case .admit: outcomes.append("i")
                case .admitOver: outcomes.append("o")
                case .refuse: outcomes.append("r")
                case .refuseBoth: outcomes.append("b")
                }
            }
        }
        #expect(outcomes.joined(separator: " ") == outcome, "\(what)")
    }

    @Test func aHostWithoutAMachineIdIsJudgedByTheRest() {
        var watch = CloneWatch()
        let start = Instant(milliseconds: 0)
        #expect(watch.helloReceived(Self.peer("x", "b", "r"), enrolled: "", now: start) == .admit)
        #expect(watch.helloReceived(Self.peer("y", "b", "r"), enrolled: "", now: start) == .admit)
    }

    @Test func whatWasFoundIsSaid() {
        var watch = CloneWatch()
        let (one, other) = (Self.peer("m", "1", "1"), Self.peer("m", "2", "2"))
        let start = Instant(milliseconds: 0)
        for peer in [one, other, one] { #expect(watch.helloReceived(peer, enrolled: "m", now: start) == .admit) }
        #expect(watch.helloReceived(other, enrolled: "m", now: start) == .refuseBoth(.indistinct))
        #expect(watch.helloReceived(one, enrolled: "m", now: start) == .refuse(.indistinct))
        #expect(watch.helloReceived(Self.peer("z", "2", "2"), enrolled: "m", now: start) == .refuse(.otherMachine))
    }

    /// Whatever comes in whatever order: nobody with another machine id is in, and memory stays bounded.
    @Test(arguments: 0..<20) func aWalk(seed: UInt64) {
        var (watch, state) = (CloneWatch(), seed &+ 1)
        var now = Instant(milliseconds: 0)
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        for _ in 0..<500 {
            now = now + .seconds(Int64(next(40)))
            if next(10) == 0 { watch.sessionClosed(now: now) }
            let peer = Self.peer(next(4) == 0 ? "x" : "m", "b\(next(30))", "r", "10.0.0.\(next(2))")
            let outcome = watch.helloReceived(peer, enrolled: "m", now: now)
            if peer.machine == "x" { #expect(outcome == .refuse(.otherMachine), "seed \(seed)") }
        }
        let text = "\(watch)"
        #expect(text.count < 20_000, "seed \(seed): \(text.count)")
    }
}

import Fleet
import ReplicaLifecycle
import Testing

/// What a model server says may stand in a status, a log and a terminal.
@Suite struct CauseTextTests {
    @Test(arguments: [
        ("answers 503", "answers 503"),
        ("two\nlines\tand\r more", "two lines and  more"),
        ("a\u{1B}[2Jb\u{0}c\u{9B}d\u{7F}", "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}"),
        ("turned \u{202E}around\u{2028}", "turned \u{FFFD}around\u{FFFD}"),
        ("é 漢 🙂", "é 漢 🙂"),
    ])
    func itSaysNothingToATerminal(text: String, clean: String) {
        #expect(CauseText.clean(text) == clean)
    }

    @Test(arguments: ["x", "é", "漢", "🙂", "\u{0}"])
    func itIsBounded(piece: String) {
        for limit in 8...40 {
            let clean = CauseText.clean(String(repeating: piece, count: 100), limit: limit)
            #expect(clean.utf8.count <= limit)
            #expect(clean.hasSuffix("…"))
        }
        #expect(CauseText.clean(String(repeating: piece, count: 10_000)).utf8.count <= 1024)
    }

    @Test func everyCauseThatAMachineIsToldIsCleaned() {
        let bad = "\u{1B}[31m" + String(repeating: "y", count: 5000)
        var bench = ReplicaBench()
        bench.faults[1] = .notReady
        bench.give(bench.item(1, .converge, 1))
        while !bench.pending.isEmpty { _ = bench.step() }
        bench.crash(bad)
        bench.settle()
        let reason = bench.report.reason ?? ""
        #expect(reason.hasPrefix("\u{FFFD}[31m"))
        #expect(reason.utf8.count <= CauseText.causeLimit)
    }
}

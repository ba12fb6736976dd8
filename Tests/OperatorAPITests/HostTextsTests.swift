import Fleet
import Foundation
import NIOCore
import Testing

@testable import OperatorAPI

/// Host views as JSON, whose long parts are kept.
@Suite struct HostTextsTests {
    private static func view(_ id: String = "a") -> HostView {
        HostView(
            host: FleetHost(
                id: id,
                name: "h-\(id)",
                labels: ["site": "lyon"],
                machine: "m",
                instance: "i",
                enrolledAt: Instant(milliseconds: 5)
            ),
            connected: true
        )
    }

    private static func report(_ sequence: UInt64, replicas: Int = 1) -> HostReport {
        HostReport(
            sequence: sequence,
            assignment: AssignmentVersion(epoch: 1, generation: sequence),
            facts: HostFacts(
                agentVersion: "1",
                user: "root",
                isRoot: true,
                address: "10.0.0.7",
                kernel: "Linux \"6\"/x",
                processors: 2,
                memory: 1 << 33,
                boot: "b"
            ),
            replicas: (0..<replicas).map { number in
                ReplicaReport(
                    deployment: "d\(number)",
                    name: "wine",
                    item: 7,
                    goal: nil,
                    state: .verified,
                    since: Instant(milliseconds: 9),
                    reason: "ü \u{1}\n"
                )
            }
        )
    }

    /// Everything that can change of a view, one after the other and in any order.
    @Test func itIsWhatTheEncoderWrites() throws {
        let texts = HostTexts()
        var seen = Set<[UInt8]>()
        for step in 0..<64 {
            var view = Self.view(step & 32 == 0 ? "a" : "b")
            if step & 1 != 0 { view.report = Self.report(UInt64(step & 2)) }
            if step & 4 != 0 { view.host.cordon = Cordon(actor: "ada", reason: "a/b", since: Instant(milliseconds: 1)) }
            if step & 2 != 0 { view.certificateEnds = Instant(milliseconds: 7) }
            if step & 8 != 0 { view.lastSeen = Instant(milliseconds: Int64(step)) }
            if step & 16 != 0 {
                view.connected = false
                view.warnings = ["root \"x\"", "tab\t\u{8}\u{7f} ü /"]
                view.explanations = [Explanation(why: "its lease has lapsed", who: "you")]
            }
            let text = Array(try texts.json(view).readableBytesView)
            #expect(text == Array(try RouteAnswer.encoder().encode(view)), "step \(step)")
            #expect(text == Array(try texts.json(view).readableBytesView), "step \(step), kept")
            seen.insert(text)
        }
        #expect(seen.count > 30)
    }

    @Test func whatIsKeptIsBounded() throws {
        let texts = HostTexts(limit: 4000)
        for number in 0..<100 {
            var view = Self.view("h\(number)")
            view.report = Self.report(1, replicas: number)
            #expect(Array(try texts.json(view).readableBytesView) == Array(try RouteAnswer.encoder().encode(view)))
            #expect(texts.bytes <= 4000)
        }
    }
}

import FleetManifest
import Testing

@testable import OperatorAPI

/// What the fuzzer and the routes read is the same.
@Suite struct JSONBodyTests {
    @Test func everyRouteThatTakesJSONNamesItsReader() {
        for route in RouteTable(authorityPEM: "").routes {
            let takesJSON = if case .json = route.content { true } else { false }
            #expect(takesJSON == !route.readers.isEmpty, "\(route.method) \(route.template)")
        }
    }

    @Test(arguments: ["{}", "[]", "7", "{\"reason\":7}", "{\"name\":\"ann\"}", "{\"documents\":[]}", "{\"all\":false}"])
    func whatIsNotTakenIsExplained(_ text: String) {
        for (route, verdict) in JSONBodyVerdict.all(of: Array(text.utf8)) {
            #expect(verdict.isTaken == verdict.problems.isEmpty, "\(route)")
        }
    }

    @Test func aRoleThatIsMissingIsNamed() {
        let verdicts = JSONBodyVerdict.all(of: Array("{\"name\":\"ann\"}".utf8))
        let verdict = verdicts.first { $0.route == "POST /v1/operators" }?.verdict
        #expect(verdict?.problems.map(\.message) == ["'role' is missing"])
    }

    @Test(arguments: [("10", true), ("10.0", true), ("10.5", false), ("1e1", false), ("10.", false), ("-1.0", false)])
    func wholeNumbersMayBeWrittenWithAPoint(_ percent: String, isTaken: Bool) {
        let verdicts = JSONBodyVerdict.all(of: Array("{\"percent\":\(percent)}".utf8))
        #expect(verdicts.first { $0.route.hasSuffix("/drill") }?.verdict.isTaken == isTaken)
    }

    @Test func aNameMayBeginWithAMark() {
        let verdicts = JSONBodyVerdict.all(of: Array("{\"objects\":[\"Model/\u{1F3FB}\"]}".utf8))
        #expect(verdicts.first { $0.route.hasSuffix("/labels") }?.verdict.isTaken == true)
    }
}

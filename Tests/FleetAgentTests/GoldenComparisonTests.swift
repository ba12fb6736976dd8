import Fleet
import Testing

@testable import FleetAgent

/// The rules of `GoldenProbe`, and what a person reads when one is broken.
@Suite struct GoldenComparisonTests {
    @Test(
        arguments: [
            (#"{"a": 1}"#, #"{"a": 1, "b": 2}"#, nil),
            (#"{"a": 1}"#, #"{"a": 1.0000001}"#, nil),
            (#"{"a": [1, 2.5]}"#, #"{"a": [1, 2.5001]}"#, nil),
            (#"{"a": [1, 2.5]}"#, #"{"a": [1, 2.6]}"#, "at $.a[1] expected 2.5 ± 0.00035, got 2.6"),
            (#"{"a": 0}"#, #"{"a": 0.0002}"#, "at $.a expected 0 ± 0.0001, got 0.0002"),
            (#"{"a": 1}"#, #"{}"#, "at $.a expected 1, got nothing"),
            (#"{"a": [1]}"#, #"{"a": [1, 2]}"#, "at $.a expected 1 elements, got 2"),
            (#"{"a": "x"}"#, #"{"a": "y"}"#, #"at $.a expected "x", got "y""#),
            (#"{"a": true}"#, #"{"a": 1}"#, "at $.a expected true, got 1"),
            (#"{"a": null}"#, #"{"a": null}"#, nil),
            (#"[{"b": "x"}]"#, #"[{"b": "x", "c": 1}]"#, nil),
        ] as [(String, String, String?)]
    )
    func answersAreCompared(expect: String, answer: String, difference: String?) throws {
        let probe = GoldenProbe(
            port: "http",
            path: "/",
            request: "{}",
            expect: expect,
            absolute: "1e-4",
            relative: "1e-4"
        )
        #expect(try GoldenComparison(probe).difference(in: Array(answer.utf8)) == difference)
    }

    @Test(
        arguments: [
            ("[1, 2]", #"{"id": "x", "a": [{"b": [1, 2]}]}"#, nil),
            ("[1, 2]", #"{"a": [{"b": [1, 3]}]}"#, "at $.a[0].b[1] expected 2 ± 0.0, got 3"),
            ("[1, 2]", #"{"a": []}"#, "at $.a[0].b expected [1,2], got nothing"),
        ] as [(String, String, String?)]
    )
    func aPartIsCompared(expect: String, answer: String, difference: String?) throws {
        let probe = GoldenProbe(port: "http", path: "/", request: "{}", expect: expect, select: "$.a[0].b")
        #expect(try GoldenComparison(probe).difference(in: Array(answer.utf8)) == difference)
    }

    @Test func severalDifferencesAreNamedUpToALimit() {
        let comparison = GoldenComparison(
            expected: .object(["a": .integer(1), "b": .integer(2), "c": .integer(3)]),
            absolute: 0,
            relative: 0
        )
        let found = comparison.differences(in: .object(["a": .integer(1), "b": .null]), limit: 5)
        #expect(found == ["at $.b expected 2, got null", "at $.c expected 3, got nothing"])
        #expect(comparison.differences(in: .object([:]), limit: 2).count == 2)
    }

    @Test func whatIsNoJSONIsSaid() throws {
        let probe = GoldenProbe(port: "http", path: "/", request: "{}", expect: "{}")
        let said = try GoldenComparison(probe).difference(in: Array("Internal Server Error".utf8))
        #expect(said == "the answer is no JSON: Internal Server Error")
    }
}

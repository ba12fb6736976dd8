import Testing

@testable import muster

@Suite struct DocumentDifferenceTests {
    private static func text(_ old: [String], _ new: [String]) -> String? {
        func joined(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
        return DocumentDifference.text(
            from: joined(old),
            to: joined(new),
            name: "Model/a",
            file: "a.yaml:1:1",
            style: .none
        )
    }

    @Test func equalTextsDifferInNothing() { #expect(Self.text(["a", "b"], ["a", "b"]) == nil) }

    @Test func somethingNewIsAddedWhole() {
        #expect(Self.text([], ["a", "b"]) == "--- Model/a (stored)\n+++ Model/a (a.yaml:1:1)\n@@ -0,0 +1,2 @@\n+a\n+b")
    }

    @Test func threeLinesAroundAChangeAreShown() {
        let old = (1...9).map { "\($0)" } + ["x"] + (11...30).map { "\($0)" } + ["end"]
        var new = old
        new[9] = "y"
        new.append("more")
        #expect(
            Self.text(old, new) == """
                --- Model/a (stored)
                +++ Model/a (a.yaml:1:1)
                @@ -7,7 +7,7 @@
                 7
                 8
                 9
                -x
                +y
                 11
                 12
                 13
                @@ -29,3 +29,4 @@
                 29
                 30
                 end
                +more
                """
        )
    }
}

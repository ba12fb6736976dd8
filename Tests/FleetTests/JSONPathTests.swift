import Fleet
import Testing

/// Paths to one value, as RFC 9535 writes them.
@Suite struct JSONPathTests {
    private static let document = JSONValue.object([
        "outputs": .array([.object(["data": .array([.integer(1), .integer(2)])]), .object(["a b": .boolean(true)])]),
        "naïve": .string("ü"),
    ])

    @Test(
        arguments: [
            ("$", nil), ("$.outputs[0].data[1]", .integer(2)), ("$.outputs[-1]['a b']", .boolean(true)),
            ("$[\"outputs\"][1][\"a b\"]", .boolean(true)), ("$.naïve", .string("ü")),
            ("$.outputs[0].data[-2]", .integer(1)),
        ] as [(String, JSONValue?)]
    )
    func aPathLeadsToOneValue(text: String, value: JSONValue?) throws {
        let path = try #require(JSONPath(text))
        #expect(path.value(in: Self.document) == value ?? Self.document)
        #expect(JSONPath("\(path)") == path)
    }

    @Test(arguments: ["$.nothing", "$.outputs[2]", "$.outputs[-3]", "$.outputs.data", "$[0]", "$.naïve[0]"])
    func aPathMayLeadNowhere(text: String) throws {
        #expect(try #require(JSONPath(text)).value(in: Self.document) == nil)
    }

    @Test(arguments: [
        "", "outputs", "$.", "$..a", "$.*", "$[*]", "$[0:1]", "$[?@.a]", "$[01]", "$[-0]", "$['a", "$.1a", "$ .a",
    ])
    func whatIsNoPathOrNotSingularIsNone(text: String) {
        #expect(JSONPath(text) == nil)
    }
}

import Fleet
import Testing

@testable import muster

/// `--field-selector`.
@Suite struct FieldSelectorTests {
    private static let host = JSONValue.object([
        "connected": .boolean(false), "warnings": .array([.string("a"), .string("b")]),
        "host": .object(["name": .string("h1"), "labels": .object(["site": .string("lyon")])]),
        "report": .object(["sequence": .integer(7)]),
    ])

    @Test(arguments: [
        ("connected=false", true), ("connected==false", true), ("connected!=false", false),
        ("host.labels.site=lyon", true), (".host.labels.site=ulm", false), ("host.labels.site!=ulm", true),
        ("host.labels.rack=7", false), ("host.labels.rack!=7", true), ("report.sequence=7", true),
        ("warnings[*]=b", true), ("warnings[*]!=b", false), ("connected=false,host.name=h1", true),
        ("connected=false,host.name=h2", false), ("host.labels['site']=lyon", true), ("host.name=", false),
    ])
    func itMeans(text: String, isMeant: Bool) throws {
        #expect(try FieldSelector(text).matches(Self.host) == isMeant)
    }

    @Test(arguments: [
        ("connected", "'connected' is no condition: write PATH=VALUE or PATH!=VALUE"),
        ("=false", "'=false' is no condition: write PATH=VALUE or PATH!=VALUE"),
        ("a=1,,b=2", "'' is no condition: write PATH=VALUE or PATH!=VALUE"),
        ("connected!false", "'connected!false' has a '!' without '=': write PATH!=VALUE"),
        ("{.connected}=false", "'{.connected}' needs no braces: write it like host.labels.site"),
        ("a[1=2", "a '[' is not closed in 'a[1'"),
    ])
    func slips(text: String, message: String) {
        #expect(throws: JSONPathTemplate.Problem(message)) { try FieldSelector(text) }
    }

    @Test func aPathThatNobodyHasIsSaid() throws {
        #expect(try FieldSelector("conected=false").unknownPath(in: [Self.host]) == "conected")
        #expect(try FieldSelector("connected=false").unknownPath(in: [Self.host]) == nil)
        #expect(try FieldSelector("conected=false").unknownPath(in: []) == nil)
    }
}

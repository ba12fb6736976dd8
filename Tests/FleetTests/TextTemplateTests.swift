import Testing

@testable import Fleet

@Suite struct TextTemplateTests {
    private static let values = ["model.dir": "/m", "port.http": "8080", "host.address": "10.0.0.1"]

    @Test(arguments: [
        ("plain", "plain"), ("{model.dir}/x", "/m/x"), ("{host.address}:{port.http}", "10.0.0.1:8080"),
        ("{{a}}", "{a}"),
        ("", ""),
    ])
    func expands(source: String, expected: String) throws {
        #expect(try TextTemplate(source, ports: ["http"]).expanded(with: Self.values) == expected)
    }

    @Test(arguments: [
        ("{model.dri}", "did you mean '{model.dir}'?"), ("{port.htp}", "did you mean '{port.http}'?"),
        ("{model.dir", "without '}'"),
        ("a}", "without '{'"), ("{}", "not a variable"),
    ])
    func saysWhatIsWrong(source: String, message: String) {
        #expect { try TextTemplate(source, ports: ["http"]) } throws: {
            ($0 as? TextTemplate.Problem)?.message.contains(message) == true
        }
    }

    @Test(
        arguments: [
            ("stabelFor", "stableFor"), ("enpoint", "endpoint"), ("hots", "hosts"), ("xyzzy", nil),
        ] as [(String, String?)]
    )
    func findsTheNearestName(word: String, expected: String?) {
        #expect(NearestName.of(word, among: ["stableFor", "endpoint", "hosts"]) == expected)
    }

    @Test(arguments: [("fraud-1.2.0", true), ("a", true), ("-a", false), ("A", false), ("a_b", false), ("", false)])
    func namesAreNames(text: String, isOne: Bool) {
        #expect((NameRule.problem(withName: text) == nil) == isOne)
    }

    @Test func digestsReadBack() {
        let digest = Digest(of: "".utf8)
        #expect(digest.description == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Digest(digest.description) == digest)
        #expect(Digest(digest.description.uppercased()) == nil)
        #expect(Digest("sha256:00") == nil)
    }
}

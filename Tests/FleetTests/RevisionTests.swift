import Foundation
import Testing

@testable import Fleet

@Suite struct RevisionTests {
    private static func content(environment: [String: VariableValue] = ["B": "2", "A": "1"]) -> RevisionContent {
        RevisionContent(
            model: .init(name: "wine", version: "1.0.0", format: "sklearn", bundle: Digest(of: "bundle".utf8)),
            runtime: RuntimeProfile(
                name: "mlserver",
                labels: ["not": "part of it"],
                command: ["mlserver", "start", "{model.dir}"],
                environment: ["PORT": "{port.http}"],
                ports: ["http", "grpc"],
                live: .init(port: "http", path: "/live"),
                ready: .init(port: "http", path: "/ready"),
                metrics: .init(port: "http", path: "/metrics")
            ),
            environment: environment,
            probe: GoldenProbe(port: "http", path: "/infer", request: #"{"x":[1.50]}"#, expect: "{}", absolute: "1e-6")
        )
    }

    @Test func canonicalBytesDecodeAsTheContent() throws {
        let content = Self.content()
        #expect(try JSONDecoder().decode(RevisionContent.self, from: Data(content.canonicalBytes)) == content)
    }

    @Test func canonicalBytesAreRFC8785() throws {
        let bytes = Self.content().canonicalBytes
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            text.hasPrefix(#"{"environment":{"A":"1","B":"2"},"format":"muster.revision/1","model":{"bundle":"sha256:"#)
        )
        // An independent writer of the same form: Foundation's, with sorted keys.
        let value = try JSONSerialization.jsonObject(with: Data(bytes))
        let other = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        #expect(Array(other) == bytes)
    }

    /// Contents of before `requires`, `resources` and `metrics.names` keep their digests: computed apart from this code.
    @Test func whatIsNotSaidIsNotInTheBytes() throws {
        let content = Self.content()
        #expect(
            Digest(of: content.canonicalBytes).hex == "eb0d1a08c360498670347aef480860c6773fb3cfd108c9cb32b683f1597e664c"
        )
        let written = Deployment.Content(model: "wine", version: "1.0.0", runtime: "mlserver")
        #expect(written.writtenDigest.hex == "83d1515fd7882193e2b23bcfa70b300ef3d09b3d797eb505236f273c84e7b3a2")
        var emptied = content
        emptied = RevisionContent(
            model: content.model,
            runtime: content.runtime,
            environment: content.environment,
            resources: ReplicaResources(),
            probe: content.probe
        )
        #expect(emptied.canonicalBytes == content.canonicalBytes)
    }

    @Test func whatIsSaidIsInTheBytes() throws {
        var content = Self.content()
        content.resources = ReplicaResources(memory: ByteQuantity("2Gi"), cpu: ProcessorQuantity("1.5"), processes: 200)
        content.runtime.requires = [RuntimeRequirement(command: ["x"], matches: try VersionRange(">=1.7, <2"))]
        let text = String(decoding: content.canonicalBytes, as: UTF8.self)
        #expect(text.contains(#""resources":{"cpu":"1.5","memory":"2Gi","processes":200}"#))
        #expect(text.contains(#""requires":[{"command":["x"],"matches":">=1.7 <2"}]"#))
        #expect(try JSONDecoder().decode(RevisionContent.self, from: Data(content.canonicalBytes)) == content)
        var written = Deployment.Content(model: "wine", version: "1.0.0", runtime: "mlserver")
        let before = written.writtenDigest
        written.resources = content.resources
        #expect(written.writtenDigest != before)
    }

    @Test func theNamesOfFiguresAreInTheBytesAndOnlyThoseThatAreSaid() throws {
        var content = Self.content()
        let without = Digest(of: content.canonicalBytes)
        content.runtime.metrics?.names = MetricNames(
            requests: [.named("r_total")],
            duration: .init(
                sum: [try MetricSeries(#"d_sum{ a = "b\"" , }"#)],
                count: [.named("d_count")],
                unit: .milliseconds
            )
        )
        let text = String(decoding: content.canonicalBytes, as: UTF8.self)
        let names =
            #"{"duration":{"count":["d_count"],"sum":["d_sum{a=\"b\\\"\"}"],"unit":"milliseconds"},"requests":["r_total"]}"#
        #expect(text.contains(#""metrics":{"names":\#(names),"path":"/metrics","port":"http"}"#))
        let read = try JSONDecoder().decode(RevisionContent.self, from: Data(content.canonicalBytes))
        #expect(read == content)
        #expect(read.canonicalBytes == content.canonicalBytes)
        content.runtime.metrics?.names = nil
        #expect(Digest(of: content.canonicalBytes) == without)
        // As the store keeps it.
        #expect(try JSONDecoder().decode(RevisionContent.self, from: JSONEncoder().encode(read)) == read)
    }

    @Test func whatARuntimeBringsIsContent() throws {
        var content = Self.content()
        let before = content.canonicalBytes
        let digest = Digest(of: [7])
        content.runtime.bundle = RuntimeBundle(install: .wheels, digest: digest)
        let text = String(decoding: content.canonicalBytes, as: UTF8.self)
        #expect(text.contains(#""bundle":{"digest":"\#(digest)","install":"wheels"},"command""#), "\(text)")
        #expect(try JSONDecoder().decode(RevisionContent.self, from: Data(content.canonicalBytes)) == content)
        #expect(content.bundles == [content.model.bundle, digest])
        content.runtime.bundle = RuntimeBundle(install: .wheels, digest: digest, python: "python3.12")
        #expect(String(decoding: content.canonicalBytes, as: UTF8.self).contains(#""python":"python3.12"}"#))
        content.runtime.bundle = nil
        #expect(content.canonicalBytes == before, "what is not said is not there")
        // One name of a runtime, two servers: two contents, so that a hold on one leaves the other.
        let written = Deployment.Content(model: "wine", version: "1.0.0", runtime: "mlserver")
        #expect(written.writtenDigest(bringing: digest) != written.writtenDigest)
        #expect(written.writtenDigest(bringing: digest) != written.writtenDigest(bringing: Digest(of: [8])))
        #expect(written.writtenDigest(bringing: nil) == written.writtenDigest)
    }

    @Test func aFileOfTheHostIsNamedInTheBytesAndNothingMore() throws {
        let content = Self.content(environment: ["A": "1", "DB_PASSWORD": .file("/etc/muster/secrets/db")])
        let text = String(decoding: content.canonicalBytes, as: UTF8.self)
        #expect(
            text.hasPrefix(#"{"environment":{"A":"1","DB_PASSWORD":{"file":"/etc/muster/secrets/db"}},"format":"#),
            "\(text)"
        )
        #expect(try JSONDecoder().decode(RevisionContent.self, from: Data(content.canonicalBytes)) == content)
        let written = Deployment.Content(model: "m", version: "1", runtime: "r", environment: content.environment)
        let plain = Deployment.Content(model: "m", version: "1", runtime: "r", environment: ["A": "1"])
        #expect(written.writtenDigest != plain.writtenDigest)
        // An agent of before these knows texts alone: it reads no revision with a file as one without.
        #expect(throws: DecodingError.self) {
            struct Older: Decodable { var environment: [String: String] }
            _ = try JSONDecoder().decode(Older.self, from: Data(content.canonicalBytes))
        }
    }

    @Test(
        arguments: [
            ("/etc/muster/secrets/db", true), ("/a{b}", true), ("etc/db", false), ("/etc/../db", false),
            ("/etc//db", false),
            ("/etc/db/", false), ("/", false), ("", false), ("/a\u{0}b", false), ("/a\nb", false), ("/./a", false),
            ("/" + String(repeating: "x", count: 1024), false),
        ]
    )
    func aFileIsAnAbsolutePath(path: String, isSound: Bool) {
        #expect((VariableValue.problem(withFile: path) == nil) == isSound)
    }

    @Test func theDeploymentsVariablesStandOverTheRuntimes() {
        let content = Self.content(environment: ["PORT": .file("/etc/muster/secrets/port"), "A": "1"])
        #expect(content.variables == ["PORT": .file("/etc/muster/secrets/port"), "A": "1"])
    }

    @Test func theDigestChangesWithTheContentAndOnlyWithIt() {
        let written = Digest(of: "w".utf8)
        let one = Revision(number: 1, content: Self.content(), written: written)
        #expect(Revision(number: 2, content: Self.content(), written: written).digest == one.digest)
        #expect(Revision(number: 1, content: Self.content(environment: [:]), written: written).digest != one.digest)
        #expect(Revision(number: 1, digest: one.digest, written: written, bytes: one.bytes + [0x20]) == nil)
    }

    @Test(arguments: [
        ("\u{8}\t\n\u{c}\r\"\\\u{1}é€😀", #""\b\t\n\f\r\"\\\u0001é€😀""#), ("/", #""/""#),
    ])
    func stringsAreEscapedAsRFC8785Says(text: String, expected: String) {
        #expect(JSONValue.string(text).compactText == expected)
    }

    @Test func membersAreSortedByUTF16() {
        // RFC 8785 §3.2.3: the emoji (a surrogate pair, D83D…) sorts before U+FB33 by UTF-16 code units, after it by scalars.
        let value = JSONValue.object(["\u{FB33}": .integer(1), "😀": .integer(2), "1": .null, "€": .boolean(true)])
        #expect(value.compactText == "{\"1\":null,\"€\":true,\"😀\":2,\"\u{FB33}\":1}")
    }

    @Test func theSameWrittenContentIsCondemnedWhateverItsDigest() {
        let one = Revision(number: 1, content: Self.content(), written: Digest(of: "w".utf8)).reference
        var other = Revision(number: 2, content: Self.content(environment: [:]), written: Digest(of: "w".utf8))
            .reference
        let hold = Hold(
            id: "h",
            deployment: "d",
            revision: one,
            actor: "a",
            reason: "r",
            since: Instant(milliseconds: 0)
        )
        #expect(hold.condemns(other))
        other.written = Digest(of: "other".utf8)
        #expect(!hold.condemns(other))
    }
}

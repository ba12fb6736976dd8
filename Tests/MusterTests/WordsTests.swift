import ArgumentParser
import Fleet
import FleetClient
import FleetManifest
import Testing

@testable import muster

@Suite struct WordsTests {
    @Test(arguments: [
        (["deployments"], ObjectReference(type: .deployment, name: nil)),
        (["deploy", "wine"], ObjectReference(type: .deployment, name: "wine")),
        (["deployment/wine"], ObjectReference(type: .deployment, name: "wine")),
        (["mv"], ObjectReference(type: .modelversion, name: nil)),
        (["ModelVersions"], ObjectReference(type: .modelversion, name: nil)),
        (["rt/mlserver"], ObjectReference(type: .runtime, name: "mlserver")),
        (["holds"], ObjectReference(type: .hold, name: nil)),
    ])
    func typesGoByManyNames(words: [String], reference: ObjectReference) throws {
        #expect(try ObjectReference(words) == reference)
    }

    @Test(arguments: [
        (["deploymnt"], "did you mean 'deployment'?"), (["zebra"], "The types are model, modelversion (mv)"),
        (["deployment/wine", "x"], "more than one object"), (["host", "a", "b"], "more than one object"),
        (["host/"], "lacks the name"), ([], "name a TYPE"),
    ])
    func wrongReferencesSayWhy(words: [String], why: String) throws {
        let error = try #require(throws: ValidationError.self) { try ObjectReference(words) }
        #expect(error.message.contains(why))
    }

    @Test(arguments: ["wine", "deployment/wine", "deploy/wine"])
    func aDeploymentIsNamedWithOrWithoutItsType(word: String) throws {
        #expect(try ObjectReference.deployment(word) == "wine")
    }

    @Test(arguments: ["host/wine", "hold/wine", "rollout/wine", "model/wine"])
    func anotherTypeIsNoDeployment(word: String) throws {
        let error = try #require(throws: ValidationError.self) { try ObjectReference.deployment(word) }
        #expect(error.message.contains("'\(word)' is no deployment"))
        #expect(
            (try? ObjectReference.deployment(word, as: [.deployment, .rollout]))
                == (word == "rollout/wine" ? "wine" : nil)
        )
    }

    @Test func aHoldIsLiftedAsPrinted() async throws {
        #expect(try await HoldLift.asyncParse(["b7c1"]).reason == nil)
        #expect(try await HoldLift.asyncParse(["b7c1", "--reason", "mended"]).reason == "mended")
        await #expect(throws: (any Error).self) { try await HoldLift.asyncParse(["b7c1", "--reason", " "]) }
    }

    @Test(arguments: [
        (["site=lyon", "gpu="], ["site": "lyon", "gpu": ""] as [String: String]?), (["site"], nil), (["=x"], nil),
        (["a=1", "a=2"], nil), (["a=b c"], nil), (["a=b=c"], nil), ([], [:]),
    ])
    func labelsAreReadStrictly(words: [String], labels: [String: String]?) {
        #expect((try? HostTokenCreate.labels(words)) == labels)
    }

    @Test func figuresAreForPeople() {
        #expect(
            [0, 1023, 1024, 1536, 5 << 30].map(Measure.bytes) == ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 GiB"]
        )
        let ages = [0, 59, 60, 3599, 3600, 86_399, 86_400].map { Measure.age(of: Samples.ago($0), now: Samples.now) }
        #expect(ages == ["now", "59s", "1m", "59m", "1h", "23h", "1d"])
        #expect(Measure.age(of: Samples.ago(-5), now: Samples.now) == "now")
        #expect(
            ProgressBar.line("uploading", done: 512, total: 1024)
                == "uploading  [###############---------------]  50 %  512 B of 1.0 KiB"
        )
        #expect(ProgressBar.line("uploading", done: 0, total: 0).contains("100 %"))
    }

    @Test(arguments: [
        (true, ["TERM": "xterm"], true, true), (true, ["TERM": "xterm", "NO_COLOR": "1"], true, false),
        (true, ["TERM": "xterm", "NO_COLOR": ""], true, true), (true, ["TERM": "dumb"], false, false),
        (true, [:], false, false), (false, ["TERM": "xterm"], false, false),
    ])
    func coloursAreForTerminals(isTerminal: Bool, environment: [String: String], isLive: Bool, isColoured: Bool) {
        let terminal = Terminal(
            outputIsTerminal: isTerminal,
            errorIsTerminal: false,
            inputIsTerminal: false,
            environment: environment
        )
        #expect(terminal.isInteractive == isLive)
        #expect(terminal.style.isColoured == isColoured)
        #expect(!terminal.errorStyle.isColoured && !terminal.canAsk)
    }

    @Test func whatIsRedrawnFitsTheTerminal() {
        let green = "\u{1B}[32mverified\u{1B}[0m host"
        #expect(LiveScreen.fit(green, columns: 4, rows: 9) == "\u{1B}[32mver…\u{1B}[0m")
        #expect(LiveScreen.fit(green, columns: 40, rows: 9) == green)
        #expect(LiveScreen.fit("a\nb\nc\nd", columns: 80, rows: 5) == "a\nb\nc\nd")
        #expect(LiveScreen.fit("a\nb\nc\nd", columns: 80, rows: 4) == "a\nb\n… and 2 more lines")
    }

    @Test func profilesStandWhereTheEnvironmentSays() {
        func place(_ environment: [String: String]) -> String { ProfileStore(environment: environment).path(of: "c") }
        #expect(place(["MUSTER_CONFIG": "/a", "HOME": "/h"]) == "/a/contexts/c.json")
        #expect(place(["XDG_CONFIG_HOME": "/x"]) == "/x/muster/contexts/c.json")
        #expect(place(["HOME": "/h"]) == "/h/.config/muster/contexts/c.json")
        let asked = ProfileStore(environment: ["MUSTER_CONFIG": "/a", "MUSTER_CONTEXT": "b"], context: nil)
        #expect(asked.context == "b")
        #expect(ProfileStore(environment: ["MUSTER_CONFIG": "/a", "MUSTER_CONTEXT": "b"], context: "c").context == "c")
    }

    @Test func whatAServerPointsAtIsFoundInTheFile() throws {
        var batch = ManifestBatch()
        let yaml = """
            apiVersion: muster/v1
            kind: Deployment
            metadata: {name: wine}
            spec:
              content: {model: {name: wine, version: 1.0.0}, runtime: mlserver}
              scope: {hosts: ""}
            """
        batch.add(yaml: yaml.utf8, file: "wine.yaml")
        func describe(_ pointer: String) -> String {
            let detail = ProblemDocument.Detail(pointer: pointer, detail: "is wrong", hint: "mend it")
            return PointerPlace.lines(detail, documents: batch.documents).joined(separator: "\n")
        }
        let runtime = "wine.yaml:5:59: spec.content.runtime: is wrong\n    mend it"
        #expect(describe("/documents/0/spec/content/runtime") == runtime)
        // Something that is not there stands where it is missing.
        #expect(
            describe("/documents/0/spec/scope/endpoint/to")
                == "wine.yaml:6:10: spec.scope.endpoint.to: is wrong\n    mend it"
        )
        #expect(describe("/documents/7/spec") == "/documents/7/spec: is wrong\n    mend it")
        #expect(describe("") == "is wrong\n    mend it")
        #expect(PointerPlace.steps(of: "/a~1b/c~0d") == ["a/b", "c~d"])
    }

    @Test func failuresHaveFourParts() {
        let problem = ProblemDocument(
            type: "invalid",
            title: "2 problems",
            status: 422,
            hint: "mend them",
            errors: [.init(pointer: "/reason", detail: "is empty")]
        )
        let failure = CommandFailure(ClientError(.refused, "2 problems", hint: "mend them", problem: problem))
        #expect(failure.text(style: .none) == "muster: 2 problems [invalid]\n  /reason: is empty\n  → mend them")
    }

    @Test func aPushFillsTheBundleIn() throws {
        var batch = ManifestBatch(bundle: .optional)
        let yaml = "apiVersion: muster/v1\nkind: ModelVersion\nmetadata: {name: a}\n"
        batch.add(yaml: (yaml + "spec: {model: a, version: 1.0.0, format: onnx}").utf8, file: "a.yaml")
        let digest = Digest(of: "list".utf8)
        let index = try ModelPush.versionIndex(in: batch.documents)
        let filled = try ModelPush.filled(batch.documents[index], bundle: digest, directory: "d")
        #expect(filled.node["spec"]?["bundle"] == .string(digest.description))
        guard case .modelVersion(let version) = filled.manifest else { return }
        #expect(version.bundle == digest)
        #expect(throws: CommandFailure.self) {
            try ModelPush.filled(filled, bundle: Digest(of: "other".utf8), directory: "d")
        }
        #expect(throws: CommandFailure.self) { try ModelPush.versionIndex(in: []) }
    }
}

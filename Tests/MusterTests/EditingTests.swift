import Fleet
import FleetClient
import FleetController
import FleetManifest
import Foundation
import Testing

@testable import muster

/// An object in an editor: what is applied, what opens again, and that nothing that was written is lost.
@Suite struct EditingTests {
    private static let yaml = """
        apiVersion: muster/v1
        kind: Model
        metadata:
          name: wine
        spec:
          owner: ana

        """

    /// A person who changes the text, one way a time, and a controller that says something each time.
    private final class Desk {
        var edits: [(String) throws -> String]
        var answers: [ClientError?]
        var seen: [String] = []
        var sent: [Manifest] = []
        let file: EditFile

        init(_ edits: [(String) throws -> String], answers: [ClientError?] = []) throws {
            self.edits = edits
            self.answers = answers
            file = try EditFile(named: "model-wine.yaml")
        }

        func run() async throws -> Editing.End {
            try await Editing(
                stored: try EditingTests.stored(),
                object: "model/wine",
                file: file,
                edit: { [self] file in
                    let text = try file.read() ?? ""
                    seen.append(text)
                    try file.write(try edits.removeFirst()(text))
                },
                apply: { [self] document in
                    sent.append(document.manifest)
                    if let refusal = answers.isEmpty ? nil : answers.removeFirst() { throw refusal }
                }
            ).run()
        }

        /// What the run failed with; the text is there still, and the failure says where.
        func failure(keeping word: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
            -> CommandFailure
        {
            let failure = try await #require(throws: CommandFailure.self, sourceLocation: sourceLocation) {
                try await run()
            }
            #expect(try file.read()?.contains(word) == true, sourceLocation: sourceLocation)
            #expect(failure.details.last == "what you wrote is kept in \(file.path)", sourceLocation: sourceLocation)
            #expect(failure.hint?.hasSuffix("muster apply -f \(file.path)") == true, sourceLocation: sourceLocation)
            file.remove()
            return failure
        }
    }

    private static func stored() throws -> Manifest {
        var batch = ManifestBatch()
        batch.add(yaml: yaml.utf8, file: "x")
        return try #require(batch.documents.first).manifest
    }

    private static func refusal(_ type: String, errors: [ProblemDocument.Detail]? = nil) -> ClientError {
        let problem = ProblemDocument(type: type, title: type, status: 409, errors: errors)
        return ClientError(.refused, "\(type): so it is", hint: "look again", problem: problem)
    }

    @Test func whatIsChangedIsAppliedOnce() async throws {
        let desk = try Desk([{ $0.replacing("ana", with: "bo") }])
        #expect(try await desk.run() == .applied)
        #expect(desk.seen.count == 1 && desk.seen[0].hasPrefix("# model/wine, as the controller has it."))
        #expect(desk.seen[0].hasSuffix("\n#\n" + Self.yaml), "the stored manifest")
        guard case .model(let model)? = desk.sent.first else { Issue.record("nothing was sent"); return }
        #expect(desk.sent.count == 1 && model.owner == "bo")
        #expect(!desk.file.exists)
    }

    @Test(arguments: [
        { @Sendable text in text }, { @Sendable _ in "" }, { @Sendable _ in " \n" },
        { @Sendable text in EditText.body(of: text) }, { @Sendable text in text + "# only a remark\n" },
        { @Sendable text in text.replacing("owner: ana", with: "owner: \"ana\"") },
    ])
    func whatSaysTheSameChangesNothing(edit: @escaping @Sendable (String) -> String) async throws {
        let desk = try Desk([edit])
        #expect(try await desk.run() == .unchanged)
        #expect(desk.sent.isEmpty && !desk.file.exists)
    }

    @Test func aMistakeOpensTheEditorAgainAndSaysWhere() async throws {
        let desk = try Desk([
            { $0.replacing("owner", with: "ownr") }, { $0.replacing("ownr: ana", with: "owner: bo") },
        ])
        #expect(try await desk.run() == .applied)
        let second = try #require(desk.seen.last)
        #expect(second.contains("\n# 1 problem; nothing was changed yet:\n#   model-wine.yaml:"))
        #expect(second.contains("unknown key 'ownr'\n#       did you mean 'owner'?"))
        let number = try #require(second.firstMatch(of: #/model-wine\.yaml:(\d+):/#).flatMap { Int($0.1) })
        let lines = second.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[number - 1] == "  ownr: ana", "the line is the one of the file that is open")
    }

    @Test func theControllersProblemsOpenTheEditorAgain() async throws {
        let detail = ProblemDocument.Detail(pointer: "/documents/0/spec/owner", detail: "nobody knows 'bo'")
        let desk = try Desk(
            [{ $0.replacing("ana", with: "bo") }, { $0.replacing("bo", with: "cy") }],
            answers: [Self.refusal("invalid", errors: [detail]), nil]
        )
        #expect(try await desk.run() == .applied)
        let second = try #require(desk.seen.last)
        let number = try #require(second.firstMatch(of: #/model-wine\.yaml:(\d+):/#).flatMap { Int($0.1) })
        #expect(second.contains("spec.owner: nobody knows 'bo'"))
        #expect(second.split(separator: "\n", omittingEmptySubsequences: false)[number - 1] == "  owner: bo")
        #expect(desk.sent.count == 2)
    }

    @Test(arguments: [
        ("name: wine", "name: beer", "the name was 'wine' and stays so"),
        ("kind: Model\n", "kind: Deployment\n", "spec"),
        ("spec:", "spec: [", "# "), ("owner: ana", "owner: ana\n---\n\(yaml)", "described twice"),
    ])
    func anObjectKeepsItsNameAndIsAlone(old: String, new: String, said: String) async throws {
        let desk = try Desk([{ $0.replacing(old, with: new) }, { _ in "" }])
        #expect(try await desk.run() == .unchanged)
        #expect(desk.seen.last?.contains(said) == true && desk.sent.isEmpty)
    }

    @Test func whoGivesUpKeepsTheText() async throws {
        let desk = try Desk([{ $0.replacing("owner", with: "ownr") }, { $0 }])
        let failure = try await desk.failure(keeping: "  ownr: ana")
        #expect(failure.message == "nothing was changed: model/wine was saved with the problem that it had")
        #expect(desk.sent.isEmpty)
    }

    @Test(arguments: ["conflict", "forbidden", "removal-not-allowed", "unavailable"])
    func whatIsRefusedKeepsTheText(type: String) async throws {
        let desk = try Desk([{ $0.replacing("ana", with: "bo") }], answers: [Self.refusal(type)])
        let failure = try await desk.failure(keeping: "owner: bo")
        #expect(failure.message == "\(type): so it is" && failure.hint?.hasPrefix("look again; ") == true)
        #expect(desk.seen.count == 1, "another text would not help")
    }

    @Test func anEditorThatFailsChangesNothing() async throws {
        let failing: (String) throws -> String = { _ in throw CommandFailure(.editor, "the editor 'x' ended with 1") }
        let desk = try Desk([failing])
        let failure = try await #require(throws: CommandFailure.self) { try await desk.run() }
        #expect(failure.details.isEmpty && !desk.file.exists, "there is nothing to keep")

        let late = try Desk([{ $0.replacing("owner", with: "ownr") }, failing])
        _ = try await late.failure(keeping: "ownr")
    }

    @Test func aTextThatIsNoneIsKept() async throws {
        let file = try EditFile(named: "model-wine.yaml")
        let editing = Editing(
            stored: try Self.stored(),
            object: "model/wine",
            file: file,
            edit: { try Data([0xFF, 0xFE]).write(to: URL(filePath: $0.path)) },
            apply: { _ in }
        )
        let failure = try await #require(throws: CommandFailure.self) { try await editing.run() }
        #expect(failure.message.contains("not UTF-8") && file.exists)
        file.remove()
    }

    @Test(arguments: [
        (["EDITOR": "nano"], "nano"), (["EDITOR": "nano", "VISUAL": "code --wait"], "code --wait"),
        (["MUSTER_EDITOR": "ed", "VISUAL": "x"], "ed"), (["MUSTER_EDITOR": " ", "EDITOR": ""], "vi"), ([:], "vi"),
    ])
    func theEditorIsChosen(environment: [String: String], command: String) {
        #expect(Editor(environment: environment).command == command)
    }

    @Test func onATerminal() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            var environment = ["MUSTER_CONFIG": "\(directory)/config", "TERM": "dumb", "TMPDIR": directory]
            let muster = MusterProgram(environment: environment)
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            #expect(try await muster("apply", "-f", "-", input: Self.yaml).status == 0)
            let refused = try await muster("edit", "model/wine")
            #expect(refused.status == 64 && refused.error.contains("there is no terminal to edit model/wine on"))
            #expect(refused.error.contains("→ write it to a file, change that, and apply it: muster get model/wine"))
            #expect(try await muster("edit", "host/h1").error.contains("→ its labels: muster label host/h1"))

            environment["EDITOR"] = "sed -i s/ana/bo/"
            let changed = try await MusterProgram(environment: environment)
                .onTerminal("edit", "model", "wine", "--reason", "she left")
            #expect(changed.status == 0 && changed.output == "~ Model/wine update\n", "\(changed)")
            #expect(try await muster("audit", "model/wine").output.contains("update  model/wine  she left"))
            let same = try await MusterProgram(environment: environment).onTerminal("edit", "model/wine")
            #expect(same.status == 0 && same.output == "model/wine: nothing changed\n", "\(same)")

            // Somebody else is quicker: the editor itself changes what is stored.
            let other = "\(directory)/other.yaml"
            try Self.yaml.replacing("ana", with: "cy").write(toFile: other, atomically: true, encoding: .utf8)
            environment["EDITOR"] = "\(MusterProgram.path) apply -f \(other) >/dev/null && sed -i s/bo/dan/"
            let late = try await MusterProgram(environment: environment).onTerminal("edit", "model/wine")
            #expect(late.status == 1, "\(late)")
            #expect(late.output.contains(#"admin did "update""#), "who was quicker: \(late.output)")
            let kept = try #require(late.output.firstMatch(of: #/kept in (\S+)/#).map { String($0.1) })
            #expect(try String(contentsOfFile: kept, encoding: .utf8).contains("owner: dan"))
            #expect(try await muster("get", "model/wine", "-o", "yaml").output.contains("owner: cy"))

            environment["MUSTER_EDITOR"] = "no-such-editor"
            let lost = try await MusterProgram(environment: environment).onTerminal("edit", "model/wine")
            #expect(lost.status == 1 && lost.output.contains("the editor 'no-such-editor' was not found"), "\(lost)")
            #expect(!lost.output.contains("is kept in"))
        }
    }
}

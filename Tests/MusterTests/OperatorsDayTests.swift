import DaemonKit
import Fleet
import FleetController
import FleetManifest
import FleetSecurity
import Foundation
import Logging
import OperatorAPI
import Testing

/// The program against a real controller: what a shell script and a person see.
@Suite(.serialized) struct OperatorsDayTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let wine = root.appending(path: "Deploy/examples/wine").path()

    /// Runs a test with a controller, its operator port, and a directory of its own.
    static func withController(
        _ body: @escaping @Sendable (_ url: String, _ controller: Controller, _ directory: String) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "muster-day-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let settings = ControllerSettings(dataDirectory: "\(directory)/data", agentPort: 0, apiPort: 0)
        let controller = try await Controller(settings: settings, logger: logger)
        let server = try OperatorServer(
            host: "127.0.0.1",
            port: 0,
            certificateChainPEM: controller.apiCredentials.certificateChainPEM,
            keyPEM: controller.apiCredentials.keyPEM,
            operations: controller.operations,
            logger: logger
        )
        try await controller.start()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let failure = await withTaskGroup(of: Void.self) { group -> (any Error)? in
            for part in controller.parts { group.addTask { try? await part.run() } }
            group.addTask {
                try? await server.run { listening.yield($0) }
                listening.finish()
            }
            defer { group.cancelAll() }
            do {
                for await port in ports {
                    try await body("https://127.0.0.1:\(port)", controller, directory)
                    break
                }
                return nil
            } catch {
                return error
            }
        }
        await controller.close()
        if let failure { throw failure }
    }

    @Test func aDayAtTheCommandLine() async throws {
        try await Self.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config", "TERM": "xterm"])
            let stranger = try await muster("get", "hosts")
            #expect(stranger.status == 1)
            #expect(stranger.error.hasPrefix("muster: you are not logged in: there is no \(directory)/config"))

            let login = try await muster("login", url, "--credentials", controller.credentialsPath)
            #expect(login.status == 0, "\(login.error)")
            #expect(login.error == "", "the controller's file is private")
            let shared = "\(directory)/shared-credentials"
            try FileManager.default.copyItem(atPath: controller.credentialsPath, toPath: shared)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: shared)
            let warned = try await muster("login", url, "--credentials", shared)
            #expect(warned.status == 0)
            #expect(warned.error == "warning: others may read the token in \(shared): chmod 600 \(shared)\n")
            let profile = try FileManager.default.attributesOfItem(atPath: "\(directory)/config/contexts/default.json")
            #expect(profile[.posixPermissions] as? Int == 0o600)
            #expect(try await muster("get", "hosts").output == "no hosts\n")

            let files = ["-f", "\(Self.wine)/model.yaml", "-f", "\(Self.wine)/runtime.yaml"]
            let plan = try await muster("plan", files[0], files[1], files[2], files[3])
            #expect(plan.status == 2)
            #expect(plan.output.hasPrefix("+ Model/wine create\n+ Runtime/mlserver create\n"))
            #expect(try await muster("apply", files[0], files[1], files[2], files[3]).status == 0)
            let again = try await muster("plan", files[0], files[1], files[2], files[3])
            #expect(again.status == 0)
            #expect(again.output == "= Model/wine unchanged\n= Runtime/mlserver unchanged\n\nNothing to do.\n")

            try await Self.push(with: muster, directory: directory)
            try await Self.deploy(with: muster)
            try await Self.changeCarefully(with: muster, directory: directory)

            let tokens = try await muster("host", "token", "create", "--label", "site=lyon", "--count", "2")
            #expect(tokens.output.split(separator: "\n").count == 2)
            #expect(tokens.output.split(separator: "\n").allSatisfy { $0.hasPrefix("muster-host-") })
            #expect(try await muster("delete", "model", "wine").status == 1)
        }
    }

    @Test func whoCannotBeReachedOrTrustedIsNamed() async throws {
        try await Self.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            func isRefused(_ words: [String], _ run: MusterProgram.Run) {
                #expect(run.status == 1)
                for word in words { #expect(run.error.contains(word), "\(run.error)") }
                #expect(run.error.contains("\n  → "), "what to do: \(run.error)")
            }
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            isRefused(["there is no host 'nobody'"], try await muster("get", "host", "nobody"))
            let agents = "https://127.0.0.1:1"
            let nobody = try await muster("login", agents, "--credentials", controller.credentialsPath)
            isRefused(["no answer from \(agents): connection refused", "check that muster-controller runs"], nobody)
            let unknown = "https://no-such-host.invalid:7444"
            let lost = try await muster("login", unknown, "--credentials", controller.credentialsPath)
            isRefused(["no answer from \(unknown): the host's name is not known"], lost)

            let profile = URL(filePath: "\(directory)/config/contexts/default.json")
            let good = try String(contentsOf: profile, encoding: .utf8)
            try good.replacing(#/"token" : ".*"/#, with: #""token" : "expired""#)
                .write(to: profile, atomically: true, encoding: .utf8)
            let expired = ["not logged in to \(url)", "muster login \(url) --credentials FILE"]
            isRefused(expired, try await muster("get", "host", "nobody"))
            isRefused(expired, try await muster("rollout", "status", "wine", "-w"))
        }
    }

    private static func push(with muster: MusterProgram, directory: String) async throws {
        let bundle = "\(directory)/bundle"
        try FileManager.default.createDirectory(atPath: bundle, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 700_000).write(to: URL(filePath: "\(bundle)/model.bin"))
        try Data("{}".utf8).write(to: URL(filePath: "\(bundle)/settings.json"))
        let early = try await muster("plan", "-f", "\(wine)/wine-1.0.0.yaml")
        #expect(early.status == 1)
        #expect(early.error.contains("wine-1.0.0.yaml:7:3: spec: 'bundle' is missing\n      run `muster model push"))
        let push = try await muster("model", "push", bundle, "-f", "\(wine)/wine-1.0.0.yaml")
        #expect(push.status == 0, "\(push.error)")
        #expect(push.output.contains("2 files, 683.6 KiB; sent 2, 683.6 KiB\n+ ModelVersion/wine-1.0.0 create\n"))
        #expect(push.error == "", "a bar on something that is no terminal")
        let again = try await muster("model", "push", bundle, "-f", "\(wine)/wine-1.0.0.yaml")
        #expect(again.output.contains("sent 0, 0 B\n= ModelVersion/wine-1.0.0 unchanged\n"))
        let version = try await muster("get", "mv", "wine-1.0.0", "-o", "yaml")
        #expect(
            try await muster("apply", "-f", "-", input: version.output).output
                == "= ModelVersion/wine-1.0.0 unchanged\n"
        )
        try Data("{ }".utf8).write(to: URL(filePath: "\(bundle)/settings.json"))
        let changed = try await muster("model", "push", bundle, "-f", "\(wine)/wine-1.0.0.yaml")
        #expect(changed.status == 1)
        #expect(changed.error.contains("a version never changes"))
    }

    /// Differences, a plan that is meant, a rehearsal, a set.
    private static func changeCarefully(with muster: MusterProgram, directory: String) async throws {
        let file = "\(directory)/deployment.yaml"
        let written = try String(contentsOfFile: "\(wine)/deployment.yaml", encoding: .utf8)
        try written.replacing("maxFailed: 0", with: "maxFailed: 1").write(
            toFile: file,
            atomically: true,
            encoding: .utf8
        )
        let new = try await muster("diff", "-f", "\(wine)/deployment.yaml")
        #expect(
            new.status == 2 && new.output.contains("\n+apiVersion: muster/v1\n+kind: Deployment\n"),
            "\(new.output)"
        )
        #expect(try await muster("apply", "-f", "\(wine)/deployment.yaml").status == 0)
        #expect(try await muster("diff", "-f", "\(wine)/deployment.yaml").status == 0)
        let diff = try await muster("diff", "-f", file)
        #expect(diff.status == 2, "\(diff.error)")
        #expect(diff.output.hasPrefix("--- Deployment/wine (stored)\n+++ Deployment/wine (\(file):1:1)\n@@ -"))
        #expect(diff.output.contains("\n-      maxFailed: 0\n+      maxFailed: 1\n"))

        let plan = try await muster("plan", "-f", file)
        #expect(plan.status == 2)
        let command = try #require(plan.output.split(separator: "To do just this: muster ").last)
        let words = command.split { $0 == " " || $0 == "\n" }.map { String($0) }
        #expect(words.dropLast() == ["apply", "-f", file, "--plan"])
        let rehearsal = try await muster.run(words + ["--dry-run", "server"])
        #expect(rehearsal.status == 0 && rehearsal.output.contains("Nothing was changed"), "\(rehearsal.error)")
        #expect(try await muster.run(words).output.hasPrefix("~ Deployment/wine update"))
        let late = try await muster.run(words)
        #expect(late.status == 1)
        #expect(late.error.contains("cannot be carried out: what these documents would change"), "\(late.error)")
        #expect(late.error.contains("admin: "), "who changed it: \(late.error)")
        #expect(late.error.contains("→ look at it again with `muster plan`"))
        #expect(try await muster("diff", "-f", file).output == "")

        #expect(try await muster("apply", "-f", file, "--prune").status == 64)
        #expect(try await muster("apply", "-f", file, "-l", "env=demo").status == 64)
        let others = try await muster("plan", "-f", file, "--prune", "-l", "team=none")
        #expect(others.status == 1)
        #expect(
            others.error.contains(":3:32: metadata.labels: its labels do not match the set 'team=none'"),
            "\(others.error)"
        )
        let set = try await muster("plan", "-f", file, "--prune", "-l", "env=demo")
        #expect(set.status == 0 && set.output == "= Deployment/wine unchanged\n\nNothing to do.\n", "\(set.output)")
        #expect(try await muster("plan", "-f", file, "--resolve").status == 0)
        #expect(try await muster("apply", "-f", "\(wine)/deployment.yaml", "--reason", "back").status == 0)
        try await carryOutAPlan(muster, file)
        #expect(try await muster("apply", "-f", "\(wine)/deployment.yaml", "--reason", "back").status == 0)
    }

    /// What a pipeline does: one job plans, a person looks, another job has nothing but the plan.
    private static func carryOutAPlan(_ muster: MusterProgram, _ file: String) async throws {
        let kept = file + ".plan"
        let planned = try await muster("plan", "-f", file, "--plan-file", kept)
        #expect(planned.status == 2 && planned.output.contains("To do just this: muster apply --plan-file \(kept)\n"))
        let twice = try await muster("apply", "-f", file, "--plan-file", kept)
        #expect(twice.status == 64 && twice.error.contains("--plan-file says all of it"), "\(twice.error)")
        #expect(try await muster("apply").error.contains("name what to apply: -f FILE, or --plan-file FILE"))
        let none = try await muster("apply", "--plan-file", file)
        #expect(none.status == 1 && none.error.contains("\(file) is not a plan of this version"), "\(none.error)")
        let done = try await muster("apply", "--plan-file", kept)
        #expect(done.status == 0 && done.output.hasPrefix("~ Deployment/wine update"), "\(done.error)")
        let late = try await muster("apply", "--plan-file", kept)
        #expect(late.status == 1 && late.error.contains("cannot be carried out"), "\(late.error)")
        let nowhere = try await muster("plan", "-f", file, "--plan-file", "\(kept)/none/plan")
        #expect(nowhere.status == 1 && nowhere.error.contains("nothing was changed"), "\(nowhere.error)")
    }

    @Test func schemasArePrintedWithoutAController() async throws {
        let muster = MusterProgram(environment: ["MUSTER_CONFIG": "/nowhere"])
        let schema = try await muster("schema", "deployment")
        #expect(schema.status == 0)
        #expect(schema.output == ManifestSchema.text(of: .deployment))
        #expect(try await muster("schema").output == ManifestSchema.anyText)
        #expect(try await muster("schema", "pod").status == 64)
    }

    /// What rollbacks and holds answer where there is none yet.
    private static func lookAround(with muster: MusterProgram) async throws {
        let plan = try await muster("rollback", "wine", "--plan")
        #expect(plan.status == 0, "\(plan.error)")
        #expect(plan.output.hasPrefix("wine: left out: there is nothing to roll back"))
        #expect(plan.output.hasSuffix("\nNothing to do.\n"))
        let all = try await muster("rollback", "--all", "--plan", "-o", "json")
        #expect(all.output.contains(#""confirm" : "all""#))
        let near = try await muster("rollback", "wnie", "--plan")
        #expect(near.status == 1 && near.error.contains("did you mean 'wine'?"))
        let verb = try await muster("rollback", "statsu", "--plan")
        #expect(verb.status == 1 && verb.error.contains("did you mean 'muster rollback status'?"))
        // What is not there is not to be confirmed first.
        let misspelt = try await muster("rollback", "wnie")
        #expect(misspelt.status == 1 && misspelt.error.contains("there is no deployment 'wnie'"), "\(misspelt)")
        #expect(misspelt.error.contains("did you mean 'wine'?") && !misspelt.error.contains("--confirm"))
        let forgotten = try await muster("rollback", "wine", "--confirm", "wine")
        #expect(forgotten.status == 64 && forgotten.error.contains("--reason REASON --confirm wine"))
        #expect(try await muster("rollback", "list").output == "no rollbacks\n")
        #expect(try await muster("get", "rollbacks").output == "no rollbacks\n")
        #expect(try await muster("rollback", "status").error.contains("there has been no rollback"))
        #expect(try await muster("rollback", "undo", "x", "--reason", "y").error.contains("there is no rollback 'x'"))
        #expect(try await muster("where", "wine").output == "no host serves wine now\n")
        #expect(try await muster("where", "wien").error.contains("did you mean 'wine'?"))
        #expect(try await muster("host", "history", "nobody").error.contains("there is no host 'nobody'"))
        #expect(try await muster("hold", "describe", "nothing").status == 1)
    }

    private static func deploy(with muster: MusterProgram) async throws {
        let typo = """
            apiVersion: muster/v1
            kind: Deployment
            metadata: {name: wine}
            spec:
              content: {model: {name: wine, version: 1.0.0}, runtime: mlservr}
              scope: {hosts: ""}
            """
        let wrong = try await muster("apply", "-f", "-", input: typo)
        #expect(wrong.status == 1)
        #expect(wrong.error.contains("-:5:59: spec.content.runtime: there is no Runtime 'mlservr'\n      did you mean"))
        let misspelt = try await muster("apply", "-f", "-", input: typo.replacing("scope", with: "scop"))
        #expect(misspelt.error.contains("-:6:3: spec.scop: unknown key 'scop'\n      did you mean 'scope'?"))

        #expect(try await muster("apply", "-f", "\(wine)/deployment.yaml").status == 0)
        #expect(try await muster("get", "deployments", "-o", "name").output == "deployment/wine\n")
        #expect(try await muster("get", "deploy", "-l", "env=other", "-o", "name").output == "")
        #expect(try await muster("explain", "deployment/wine").output.contains("no host matches the selector"))
        let near = try await muster("get", "deploy/wnie")
        #expect(near.status == 1)
        #expect(near.error.contains("did you mean 'wine'?"))
        #expect(try await muster("rollback", "wine", "--reason", "x").status == 64)
        #expect(try await muster("rollback", "wine", "--reason", "x", "--confirm", "win").status == 64)
        // Without a host there is no rollout, so nothing is wanted: the story with hosts tests a rollback that does something.
        let nothing = try await muster("rollback", "wine", "--reason", "x", "--confirm", "wine")
        #expect(nothing.status == 1)
        #expect(nothing.error.contains("there is nothing to roll back: no rollout of it has succeeded"))
        #expect(nothing.error.contains("muster explain deployment/wine"))
        try await lookAround(with: muster)
        #expect(try await muster("get", "holds").output == "no holds\n")
        #expect(try await muster("rollback", "host/wine", "--reason", "x", "--confirm", "wine").status == 64)
        #expect(try await muster("rollout", "status", "hold/wine").status == 64)
        let lift = try await muster("hold", "lift", "nothing")
        #expect(lift.status == 1, "a hold is lifted without a reason too: \(lift.error)")
        #expect(try await muster("get", "deploymnt").status == 64)
        #expect(try await muster("get", "deployments", "-o", "xml").status == 64)
        #expect(try await muster("delete", "deployment/wine", "--reason", "test").status == 0)
    }
}

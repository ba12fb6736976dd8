import DaemonKit
import Fleet
import FleetClient
import FleetTestSupport
import Foundation
import Logging
import Synchronization
import Testing

@testable import FleetAgent
@testable import FleetController
@testable import muster

/// `muster logs`, with a real controller and a host's real links.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LogsTests {
    /// A login, and a host `lyon-1` with a log of `wine`; `kill` ends its agent.
    ///
    /// - Parameter revisions: of what the host says that it knows one.
    private static func run(
        revisions: [String] = ["wine"],
        _ body:
            @escaping @Sendable (
                _ muster: MusterProgram,
                _ log: String,
                _ controller: Controller,
                _ kill: @Sendable () -> Void
            ) async throws -> Void
    ) async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let token = try await muster("host", "token", "create", "--label", "site=lyon").output
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let enrolment = HostEnrolment(
                controllerHost: "127.0.0.1",
                controllerPort: controller.agentPort,
                token: token.trimmingCharacters(in: .newlines),
                dataDirectory: "\(directory)/host",
                name: "lyon-1",
                labels: [:],
                address: "127.0.0.1"
            )
            try await enrolment.run(time: .system, random: .system, logger: logger)
            let identity = try AgentIdentity(directory: "\(directory)/host")
            let log = "\(directory)/wine.log"
            let host = ScriptedHost()
            host.state.withLock { state in
                state.items["uid-1"] = AssignmentItem(
                    deployment: "uid-1",
                    name: "wine",
                    number: 1,
                    order: .converge,
                    revision: nil,
                    stableFor: .seconds(0),
                    rollbackStableFor: .seconds(0)
                )
            }
            let content = RevisionContent(
                model: .init(name: "wine", version: "1", format: "text", bundle: Digest(of: "x".utf8)),
                runtime: RuntimeProfile(
                    name: "fake",
                    command: ["serve"],
                    environment: ["GREETING": "planted-value-1"],
                    ports: ["http"],
                    ready: .init(port: "http", path: "/")
                ),
                environment: ["DB_PASSWORD": .file("/etc/muster/secrets/db")],
                probe: GoldenProbe(port: "http", path: "/", request: "{}", expect: "{}")
            )
            let desk = AnswerDesk(
                bulk: BulkConnection(identity: identity, logger: logger),
                logger: logger,
                sources: AnswerSources(
                    log: { _ in ReplicaLogPlace(name: "wine", path: log) },
                    inspection: { .scripted(host: "lyon-1", log: log) },
                    revisions: { revisions.map { KnownRevision(deployment: $0, number: 3, content: content) } },
                    secrets: { content in
                        content.environment["DB_PASSWORD"]?.file.map { [$0: "planted-by-a-file"] } ?? [:]
                    }
                )
            )
            let link = ControllerLink(identity: identity, host: host, answers: desk, logger: logger)
            let killed = Cancellation()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    _ = try await killed.run {
                        await withDiscardingTaskGroup { agent in
                            agent.addTask { await link.run() }
                            agent.addTask { await desk.run() }
                        }
                    }
                }
                while try await muster("get", "host", "lyon-1", "-o", "jsonpath={.report.replicas[0].name}").output
                    .contains("wine") == false
                {}
                try await body(muster, log, controller) { killed.cancel() }
                group.cancelAll()
            }
        }
    }

    @Test func aLogIsReadByItsReplica() async throws {
        try await Self.run { muster, log, _, _ in
            try "one\n2026-11-22T10:00:00Z two\nthree \u{1B}[31mred\u{1B}[0m\n".write(
                toFile: log,
                atomically: false,
                encoding: .utf8
            )
            let whole = try await muster("logs", "lyon-1/wine")
            #expect(whole.status == 0, "\(whole.error)")
            #expect(whole.output == "one\n2026-11-22T10:00:00Z two\nthree \u{1B}[31mred\u{1B}[0m\n", "as it is")
            #expect(whole.error == "")
            #expect(try await muster("logs", "lyon-1/wine", "--tail", "0").output == "")
            let named = try await muster("logs", "deployment/wine", "--host", "lyon-1", "--tail", "1")
            #expect(named.output == "three \u{1B}[31mred\u{1B}[0m\n", "\(named.error)")
            let since = try await muster("logs", "lyon-1/wine", "--since", "2026-11-22T09:59:59Z")
            #expect(since.output.hasPrefix("2026-11-22T10:00:00Z two\n"), "\(since.error)")
        }
    }

    @Test func whoFollowsIsToldWhyItEnds() async throws {
        try await Self.run { muster, log, controller, kill in
            try "one\n".write(toFile: log, atomically: false, encoding: .utf8)
            async let following = muster("logs", "-f", "lyon-1/wine")
            while controller.operations.requests.count == 0 { await Task.yield() }
            kill()
            let run = try await following
            #expect(run.status == 1)
            #expect(["", "one\n"].contains(run.output))
            #expect(
                run.error.hasPrefix(
                    "muster: not available: cannot read the log of 'wine' on host 'lyon-1' any further: the connection to host 'lyon-1' was lost"
                ),
                "\(run.error)"
            )
            #expect(run.error.contains(" [host-not-connected]\n  → what runs there goes on"), "\(run.error)")
            let gone = try await muster("logs", "lyon-1/wine")
            #expect(gone.status == 1 && gone.error.contains("[host-not-connected]"), "\(gone.error)")
        }
    }

    @Test func aHostIsInspected() async throws {
        try await Self.run { muster, log, _, _ in
            let shown = try await muster("host", "inspect", "lyon-1")
            #expect(shown.status == 0, "\(shown.error)")
            #expect(shown.output.contains("Load:         0.35 on 2 processors\n"), "\(shown.output)")
            #expect(shown.output.contains("Disk:         8.0 GiB of 20.0 GiB, for /var/lib/muster-agent\n"))
            #expect(
                shown.output.contains("wine        verified  2m     wine 2.0.0  127.0.0.1:8080  1.0.0     42"),
                "\(shown.output)"
            )
            #expect(shown.output.contains("  notice endpoint: an update has a short gap\n    → give it CAP_NET_ADMIN"))
            let json = try await muster("host", "inspect", "host/lyon-1", "-o", "json")
            #expect(json.output.contains(#""logBytes" : 1536"#))
            #expect(try await muster("host", "inspect", "deployment/wine").status == 64)
            #expect(try await muster("host", "inspect", "lyon-2").error.contains("there is no host 'lyon-2'"))
        }
    }

    @Test func aSupportBundleHoldsNoSecret() async throws {
        try await Self.run { muster, log, controller, kill in
            let key = try String(contentsOfFile: Self.key(beside: log), encoding: .utf8)
            let secrets = [
                "planted-value-1", "planted-password-2", "planted-bearer-3", "planted-user:planted-4",
                "planted-by-a-file",
            ]
            try """
            begins
            GREETING is planted-value-1
            the database takes planted-by-a-file
            password=planted-password-2
            Authorization: Bearer planted-bearer-3
            https://planted-user:planted-4@example.org/x
            \(key)
            muster-op-0123456789-planted5
            ends
            """.write(toFile: log, atomically: false, encoding: .utf8)
            let directory = URL(filePath: log).deletingLastPathComponent().appending(path: "bundle").path()
            let taken = try await muster("support-bundle", "lyon-1", "--to", directory)
            #expect(taken.status == 0, "\(taken.error)")
            #expect(
                taken.output
                    == "host/lyon-1 gathered\n6 files in \(directory); look through them before you send them\n"
            )
            var files: [String: String] = [:]
            for file in try FileManager.default.subpathsOfDirectory(atPath: directory) {
                files[file] = try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
            }
            for (file, text) in files {
                for secret in secrets + ["planted5"]
                    + key.split(separator: "\n").dropFirst().dropLast().map(String.init)
                {
                    #expect(!text.contains(secret), "\(secret) in \(file)")
                }
            }
            let written = try #require(files["hosts/lyon-1/logs/wine.log"])
            #expect(
                written.hasPrefix("begins\nGREETING is [redacted]\n") && written.hasSuffix("\nends\n"),
                "\(written)"
            )
            #expect(written.contains("the database takes [redacted]\n"), "\(written)")
            let revision = try #require(files["hosts/lyon-1/revisions/wine-3.json"])
            #expect(revision.contains(#""DB_PASSWORD":{"file":"/etc/muster/secrets/db"}"#), "\(revision)")
            #expect(revision.contains(#""environment":{"GREETING":"[redacted]"}"#), "\(revision)")
            #expect(files["hosts/lyon-1/inspection.json"]?.contains("an update has a short gap") == true)
            #expect(files["controller/hosts.json"]?.contains("lyon-1") == true)
            let again = try await muster("support-bundle", "lyon-1", "--to", directory)
            #expect(again.status == 64 && again.error.contains("is there already"))
            let whole = try await muster("support-bundle", "lyon-1", "--no-redact", "--to", directory + "-whole")
            #expect(whole.status == 0, "\(whole.error)")
            let log = try String(contentsOfFile: "\(directory)-whole/hosts/lyon-1/logs/wine.log", encoding: .utf8)
            #expect(secrets.allSatisfy(log.contains))

            kill()
            while try await muster("logs", "lyon-1/wine").status == 0 {}
            let gone = try await muster("support-bundle", "lyon-1", "--to", directory + "-gone")
            #expect(gone.status == 1 && gone.error.contains("cannot take a support bundle of host 'lyon-1'"))
            #expect(gone.output.contains("4 files in"), "what the controller knows, and why there is no more")
        }
    }

    /// A host may send what cannot be kept.
    @Test func aHostThatCannotBeReadIsNamedAndTheOthersAreAsked() async throws {
        try await Self.run(revisions: ["wine", "wine-3.json/in-a-file", "beer"]) { muster, log, _, _ in
            let directory = URL(filePath: log).deletingLastPathComponent().appending(path: "bundle").path()
            let taken = try await muster("support-bundle", "lyon-1", "lyon-2", "--to", directory)
            #expect(taken.status == 1)
            func text(_ file: String) -> String {
                (try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)) ?? ""
            }
            #expect(text("errors/lyon-1.txt").contains("hosts/lyon-1/revisions/wine-3.json"), "\(taken.error)")
            #expect(text("errors/lyon-2.txt").contains("there is no host 'lyon-2'"), "\(taken.error)")
            #expect(text("hosts/lyon-1/revisions/wine-3.json").contains("GREETING"), "what came before is kept")
            #expect(taken.error.contains("there is no host 'lyon-2'"))
        }
    }

    private static func key(beside log: String) -> String {
        URL(filePath: log).deletingLastPathComponent().appending(path: "host/key.pem").path()
    }

    @Test func aBundleIsWrittenOnlyWhereItBelongs() {
        for file in ["inspection.json", "logs/wine.log", "a/b/c_1-2.json"] {
            #expect(SupportPiece(file: file, text: "").isInside, "\(file)")
        }
        for file in ["", "/etc/passwd", "../x", "a/../b", "a//b", ".ssh/config", "a/b/c/d", "a\u{0}b", "a b", "ä"] {
            #expect(!SupportPiece(file: file, text: "").isInside, "\(file)")
        }
    }

    @Test func aSlipIsNamedBeforeAnythingIsAsked() async throws {
        let muster = MusterProgram(environment: ["MUSTER_CONFIG": "/nowhere"])
        for slip in [["wine"], ["lyon-1/"], ["a/b/c"], ["lyon-1/wine", "--tail", "-1"], ["host/x", "--host", "y"]] {
            let run = try await muster.run(["logs"] + slip)
            #expect(run.status == 64, "\(slip): \(run.error)")
        }
        let lost = try await muster("logs", "lyon-1/wine", "--since", "tomorrow")
        #expect(lost.status == 1 && lost.error.contains("you are not logged in"), "\(lost.error)")
    }

    @Test func aTerminalIsNotSteered() {
        var print = LogPrinter(isForPerson: true)
        let hostile = "a\u{1B}[2Jb\u{1B}]0;title\u{7}c\u{1B}[1;31mred\u{1B}[0m\td\r\n\u{9B}2J\u{202E}e"
        #expect(print.text(hostile) == "ab0;titlec\u{1B}[1;31mred\u{1B}[0m\td\n2Je")
        #expect(print.text("\u{1B}") + print.text("[3") + print.text("2mgreen") == "\u{1B}[32mgreen")
        var plain = LogPrinter(isForPerson: false)
        #expect(plain.text(hostile) == hostile)
    }
}

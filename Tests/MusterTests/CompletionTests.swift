import ArgumentParser
import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// What Tab shows.
@Suite struct CompletionTests {
    @Test(arguments: [
        (["muster", "get", ""], ObjectType?.none, "", String?.none),
        (["muster", "get", "deployment", ""], .deployment, "", nil),
        (["muster", "get", "deploy/w"], .deployment, "deploy/", nil), (["muster", "get", "zebra/w"], nil, "", nil),
        (["muster", "delete", "host", "h", "--context", "lyon"], .host, "", "lyon"),
        (["muster", "label", "hosts", "h1", ""], .host, "", nil),
        (["muster", "get", "--context=ulm", "rb/"], .rollback, "rb/", "ulm"),
        (["muster", "get", "host/h1", ""], nil, "", nil),
    ])
    func theQuestionIsReadFromTheWords(words: [String], type: ObjectType?, before: String, context: String?) {
        let index = words.lastIndex { $0 != "--context" && $0 != "lyon" } ?? 0
        let question = CompletionQuestion(objectsIn: words, at: index)
        #expect(question.type == type && question.before == before && question.context == context)
    }

    @Test func ofOneType() {
        #expect(CompletionQuestion(.hold, in: ["muster", "hold", "lift", ""], at: 3).type == .hold)
        let named = CompletionQuestion(.hold, in: ["muster", "hold", "lift", "holds/a"], at: 3)
        #expect(named.type == .hold && named.before == "holds/")
        #expect(CompletionQuestion(.hold, in: ["muster", "hold", "lift", "host/a"], at: 3).type == nil)
    }

    /// The library's script for bash, run as bash does on Tab.
    @Test func inBash() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let programs = URL(filePath: MusterProgram.path).deletingLastPathComponent().path()
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let script = "\(directory)/muster.bash"
            let written = try await muster("--generate-completion-script", "bash")
            try written.output.write(toFile: script, atomically: true, encoding: .utf8)
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let wine = root.appending(path: "Deploy/examples/wine").path()
            #expect(try await muster("apply", "-f", "\(wine)/model.yaml", "-f", "\(wine)/runtime.yaml").status == 0)

            func tab(_ words: [String], config: String = "config") async throws -> [String] {
                let tab = """
                    PATH="$1:$PATH"; source "$2"; shift 2
                    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
                    _muster "$1" "${!#}" ""; printf '%s\\n' "${COMPREPLY[@]}"
                    """
                var bash = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/\(config)"])
                bash.program = "/usr/bin/env"
                let run = try await bash.run(["bash", "-c", tab, "bash", programs, script] + words)
                #expect(run.error == "", "whatever goes wrong, nothing is said")
                return run.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
            }
            /// On a machine that is busy a second may be too short; then there are no names, which is no fault.
            func names(_ words: String..., until names: [String]) async throws {
                for _ in 0..<30 {
                    guard try await tab(words) != names else { return }
                }
                Issue.record("\(words) never became \(names)")
            }
            #expect(try await tab(["muster", "get", "mo"]) == ["model", "modelversion"])
            try await names("muster", "get", "runtime", "", until: ["mlserver"])
            try await names("muster", "describe", "rt/m", until: ["rt/mlserver"])
            try await names("muster", "where", "w", until: ["wine"])
            try await names("muster", "operator", "token", "revoke", "", until: ["admin"])
            #expect(try await tab(["muster", "context", "use", ""]) == ["default"])
            #expect(try await tab(["muster", "rollout", "pause", ""]) == [])
            #expect(try await tab(["muster", "get", "runtime", ""], config: "nowhere") == [], "not logged in")
        }
    }

    /// The library's scripts for the other shells, on a terminal, with a person's keys.
    @Test(arguments: ["zsh", "fish"])
    func inAShellOnATerminal(shell: String) async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let programs = URL(filePath: MusterProgram.path).deletingLastPathComponent().path()
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let model = "apiVersion: muster/v1\nkind: Model\nmetadata: {name: merlot}\n"
            #expect(try await muster("apply", "-f", "-", input: model).status == 0)
            let script = try await muster("--generate-completion-script", shell).output
            try script.write(toFile: "\(directory)/_muster", atomically: true, encoding: .utf8)
            let setup =
                shell == "zsh"
                ? "fpath=(\(directory) $fpath); autoload -Uz compinit; compinit -u -d \(directory)/dump"
                : "source \(directory)/_muster"
            let line = "env MUSTER_CONFIG=\(directory)/config PATH=\(programs):$PATH \(shell) "
            let pane = try await TerminalPane(
                (100, 20),
                running: line + (shell == "zsh" ? "-f" : "--no-config"),
                in: directory
            )
            try await pane.type(setup, "Enter")
            try await pane.type("muster get model ", "Tab")
            let screen = try await pane.screen { $0.contains("muster get model merlot") }
            #expect(screen.contains("muster get model merlot"), "\(screen)")
            try await pane.close()
        }
    }
}

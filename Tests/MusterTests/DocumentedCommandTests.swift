import ArgumentParser
import Testing

@testable import muster

/// What README and the documentation tell people to type is what the programs take.
@Suite struct DocumentedCommandTests {
    @Test func thereAreSome() {
        let all = DocumentedCommands.all
        #expect(all.count { $0.isWhole && $0.words[0] == "muster" } > 100, "\(all.count)")
        #expect(all.count { !$0.isWhole } > 50)
        let programs = Set(all.map(\.words[0]))
        #expect(programs == ["muster", "muster-agent", "muster-controller"])
    }

    /// A line of a block is read by the real parser; of a command in a sentence each option and each subcommand is known.
    @Test(arguments: DocumentedCommands.all.filter { $0.words[0] == "muster" })
    func isACommand(_ command: DocumentedCommands.Command) throws {
        let words = try GlobalOptions.read(Array(command.words.dropFirst())).rest
        if words.first == "help" || words.isEmpty || ["--help", "--version"].contains(words.last) { return }
        if command.isWhole {
            do {
                // What a shell would have put there.
                let digest = "sha256:" + String(repeating: "0", count: 64)
                _ = try Muster.parseAsRoot(words.map { $0 == "$authority" ? digest : $0 })
            } catch {
                Issue.record("\(Muster.message(for: error))")
            }
        }
        var outline = try CommandOutline.ofMuster()
        var arguments = words[...]
        while let first = arguments.first, let below = outline.commands.first(where: { $0.commandName == first }) {
            arguments.removeFirst()
            outline = below
        }
        #expect(outline.commandName != "muster", "there is no such command")
        let nearby = [outline] + outline.commands
        let known = Set(nearby.flatMap { $0.shown.flatMap { ($0.names ?? []).map(\.text) } } + ["--help", "--version"])
        for word in arguments where word.hasPrefix("-") && word != "-" {
            let name = word.prefix { $0 != "=" }
            #expect(known.contains(String(name)), "muster \(outline.commandName) does not take \(name)")
        }
    }

    @Test(arguments: DocumentedCommands.all.filter { $0.words[0] != "muster" })
    func isACommandOfADaemon(_ command: DocumentedCommands.Command) async throws {
        var program = MusterProgram(environment: [:])
        program.program = MusterProgram.path.replacing(/muster$/, with: command.words[0])
        let named = command.words[1].hasPrefix("-") || command.words[1] == "COMMAND" ? "run" : command.words[1]
        let help = try await program(named, "--help")
        #expect(help.status == 0, "\(help.error)")
        for word in command.words where word.hasPrefix("--") {
            #expect(
                help.output.contains("\(word.prefix { $0 != "=" }) "),
                "\(command.words[0]) \(named) does not take \(word)"
            )
        }
    }

    /// What only shows while a command runs is told as the parser tells the rest.
    @Test func aSlipThatShowsLateHasTheUsageOfItsCommand() async throws {
        let run = try await MusterProgram(environment: [:])("delete", "deployment/wine", "--confirm", "wine")
        #expect(run.status == 64)
        #expect(
            run.error.hasPrefix("Error: --confirm is for hosts.\nUsage: muster delete <object> ..."),
            "\(run.error)"
        )
        #expect(run.error.hasSuffix("\n  See 'muster delete --help' for more information.\n"), "\(run.error)")
    }

    @Test(arguments: [
        ("muster get hosts -o json | head", [["muster", "get", "hosts", "-o", "json"], ["head"]]),
        (
            "token=$(muster host token create --label 'a=b c') # x",
            [
                ["muster", "host", "token", "create", "--label", "a=b c"], ["token=WORD"],
            ]
        ),
        ("muster x >a 2>&1 <b && muster y &", [["muster", "x"], ["muster", "y"]]),
        (
            "for h in a b; do muster wait host/$h --for connected; done",
            [
                ["for", "h", "in", "a", "b"], ["muster", "wait", "host/$h", "--for", "connected"], ["done"],
            ]
        ),
    ])
    func linesAreReadAsAShellDoes(_ line: String, _ commands: [[String]]) {
        #expect(ShellWords.commands(in: line) == commands)
    }
}

import ArgumentParser
import Fleet
import Foundation
import Testing

@testable import muster

/// The manual says what the program takes.
@Suite struct ManualTests {
    @Test func everyCommandHasAPage() throws {
        let pages = try Manual().pages
        let commands = Muster.configuration.subcommands.map { $0.configuration.commandName ?? "" }
        #expect(pages.map(\.name) == ["muster"] + commands.map { "muster-\($0)" })
        #expect(pages[0].text.contains("MUSTER_EDITOR") && pages[0].text.contains(".SH \"EXIT STATUS\""))
        for command in commands.map({ $0.replacing("-", with: "\\-") }) {
            #expect(pages[0].text.contains("\\fBmuster\\-\(command)(1)\\fR"))
        }
    }

    /// Every option of every command, as its own help has it, is on its page.
    @Test func everyOptionIsOnItsPage() throws {
        let pages = try Manual().pages
        func walk(_ type: any ParsableCommand.Type, on page: ManualPage) {
            let help = Muster.helpMessage(for: type)
            let options = help.matches(of: #/(?m)^  (?:-\w, )?(--[a-z-]+)/#).map { String($0.1) }
            for option in Set(options).subtracting(["--help", "--version"]) {
                #expect(page.text.contains(option.replacing("-", with: "\\-")), "\(page.name): \(option)")
            }
            for below in type.configuration.subcommands {
                let name = (below.configuration.commandName ?? "").replacing("-", with: "\\-")
                #expect(page.text.contains("\(name)\"\n"), "\(page.name): \(name)")
                walk(below, on: page)
            }
        }
        for (type, page) in zip(Muster.configuration.subcommands, pages.dropFirst()) { walk(type, on: page) }
        let get = try #require(pages.first { $0.name == "muster-get" })
        #expect(get.text.contains("\\fB\\-o, \\-\\-output <output>\\fR") && !get.text.contains("\\-\\-help"))
    }

    @Test func textIsNoRequest() {
        var page = ManualPage(name: "x", version: "1")
        page.add(".TH is a request\n'so is this\na \\ and a - and \"quotes\"")
        page.add(asWritten: "  .x")
        page.add(term: "-x", "")
        #expect(
            page.text == """
                .TH X 1 "" "muster 1" "Muster"
                \\&.TH is a request
                \\&'so is this
                a \\e and a \\- and \\(dqquotes\\(dq
                .nf
                  .x
                .fi
                .TP
                \\fB\\-x\\fR
                \\&

                """
        )
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/groff")))
    func groffHasNothingToSay() async throws {
        let directory = NSTemporaryDirectory() + "muster-manual-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let muster = MusterProgram(environment: [:])
        #expect(try await muster("manual", "--all", directory).status == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory).map { "\(directory)/\($0)" }
        #expect(files.count == (try Manual().pages.count))
        var groff = MusterProgram(environment: ["PATH": "/usr/bin:/bin"])
        groff.program = "/usr/bin/groff"
        let run = try await groff.run(["-man", "-ww", "-z", "-Kutf8"] + files)
        #expect(run.status == 0 && run.error == "")
        #expect(try await muster("manual", "get").output.hasPrefix(".TH MUSTER\\-GET 1"))
        #expect(try await muster("manual", "zebra").status == 64)
        #expect(try await muster("manual", "--all", "/nowhere").error.contains("cannot write /nowhere/muster.1"))
    }
}

import Fleet
import FleetTestSupport
import Testing

@testable import muster

/// The pages of the reference that the command line's code says; `MUSTER_TRANSCRIPTS=write` writes them.
@Suite struct ReferenceTests {
    @Test func commands() throws {
        #expect(try ReferencePage("CommandReference", says: CommandReference().text).problem == nil)
    }

    @Test func manifests() throws {
        #expect(try ReferencePage("ManifestReference", says: ManifestReference.text).problem == nil)
    }

    @Test func messages() throws {
        let words = MessageCode.allCases.sorted { $0.rawValue < $1.rawValue }
        let sections = words.map { "## \($0.rawValue)\n\n\(MarkdownText.paragraphs($0.explanation))" }
        let head = """
            # Words of messages

            What a message says ends with a word in brackets; `muster help errors WORD` prints what stands here.

            """
        let text = ([head] + sections).joined(separator: "\n") + "\n"
        #expect(try ReferencePage("MessageReference", says: text).problem == nil)
    }

    /// What the daemons say of themselves: each command has its usage, each option is there once and says what it is for.
    @Test func programs() async throws {
        var sections: [String] = []
        for name in ["muster-controller", "muster-agent"] {
            var program = MusterProgram(environment: [:])
            program.program = MusterProgram.path.replacing(/muster$/, with: name)
            let help = try await program("--help").output
            #expect(help.hasPrefix("\(name) "))
            let rows = help.matches(of: #/(?m)^  ([a-z]+)(?: \(default\))?  +(\S.*)$/#)
            #expect(rows.count >= 4)
            sections.append(
                "## \(name)\n\n\(MarkdownText.line(help.split(separator: "\n")[0].split(separator: ": ")[1] + ""))"
            )
            for row in rows {
                let run = try await program(String(row.1), "--help")
                #expect(run.status == 0 && run.output.contains("Usage: \(name) \(row.1)"))
                let options = run.output.matches(of: #/(?m)^  (?:-\w, )?(--[a-z-]+)(?: [A-Z]\S*)?(  +\S.*)?$/#)
                #expect(Set(options.map(\.1)).count == options.count, "\(name) \(row.1): an option is there twice")
                for option in options { #expect(option.2 != nil, "\(name) \(row.1) \(option.1) says nothing") }
                let words = run.output.matches(of: #/(?m)^ +(?:-\w, )?--/#).count
                #expect(options.count == words && words >= 4, "\(name) \(row.1)")
                sections.append("### \(name) \(row.1)\n\n\(MarkdownText.asWritten(run.output.trimmed))")
            }
        }
        let head = """
            # Controller and agent

            What `muster-controller` and `muster-agent` take, command by command: their own `--help`.

            ## Exit codes

            ```
            0    stopped as it was asked to; of muster-agent check: fit to serve
            1    failed, and said why: it may pass by itself; of muster-agent check: something must be done
            64   the command line is wrong (sysexits.h): nothing was begun
            78   of muster-agent: only a person can help (no enrolment, a damaged journal); its unit does not start it again
            ```

            """
        let text = ([head] + sections).joined(separator: "\n\n").replacing("\n\n\n", with: "\n\n") + "\n"
        #expect(try ReferencePage("ProgramReference", says: text).problem == nil)
    }
}

extension String {
    /// Without the newlines at its end.
    fileprivate var trimmed: String { replacing(/\n+$/, with: "") }
}

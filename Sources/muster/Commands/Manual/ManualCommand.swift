import ArgumentParser
import Fleet
import Foundation

/// `muster manual`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page of a command, or write every page.",
        discussion: """
            To read one: muster manual get | man -l -
            To install them: muster manual --all /usr/local/share/man/man1
            As one page of Markdown: muster manual --markdown
            """
    )

    @Argument(help: "The command; the program itself unless said.") var command: String?
    @Option(help: ArgumentHelp("Write every page into this directory instead.", valueName: "directory"))
    var all: String?
    @Flag(help: "Print every command on one page of Markdown instead.") var markdown = false

    func validate() throws {
        if markdown, command != nil || all != nil {
            throw ValidationError("--markdown has every command on one page: it takes no COMMAND and no --all.")
        }
        if command != nil, all != nil { throw ValidationError("a COMMAND and --all exclude each other.") }
    }

    func run() throws {
        if markdown { return Terminal.current.write(try CommandReference().text) }
        let pages = try Manual().pages
        if let all { return try write(pages, into: all) }
        let name = command.map { "muster-\($0)" } ?? "muster"
        guard let page = pages.first(where: { $0.name == name }) else {
            throw CommandFailure.usage("there is no command '\(command ?? "")'", hint: "see 'muster --help'")
        }
        Terminal.current.write(page.text)
    }

    private func write(_ pages: [ManualPage], into directory: String) throws {
        for page in pages {
            let file = URL(filePath: directory).appending(path: "\(page.name).1")
            do {
                try page.text.write(to: file, atomically: true, encoding: .utf8)
            } catch {
                throw CommandFailure(
                    .localFile,
                    "cannot write \(file.path())",
                    hint: "check that the directory is there and may be written to"
                )
            }
        }
    }
}

import ArgumentParser
import FleetClient

/// `muster context list`.
struct ContextList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the contexts; the one that commands use has a star."
    )

    func run() throws {
        let store = ProfileStore()
        let terminal = Terminal.current
        guard !store.contexts.isEmpty else {
            terminal.say("no contexts\n\nTo make one: muster login https://HOST:7444 --credentials FILE")
            return
        }
        let used = store.context
        let rows = store.contexts.map { name -> [TextTable.Cell] in
            [.init(name == used ? "*" : " "), .init(name), .init((try? store.load(name).url) ?? "damaged")]
        }
        terminal.say(TextTable(titles: ["USED", "NAME", "CONTROLLER"], rows: rows).text(style: terminal.style))
    }
}

import ArgumentParser
import FleetClient

/// `muster context use`.
struct ContextUse: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "use", abstract: "Make a context the current one.")

    @Argument(help: "The context's name.", completion: NameCompletion.contexts) var name: String

    func run() throws {
        let store = ProfileStore()
        let profile = try store.load(try ProfileStore.checked(name))
        try store.use(name)
        Terminal.current.say("commands speak to \(profile.url) from now on")
    }
}

import ArgumentParser
import Fleet

/// `muster context delete`.
struct ContextDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget a context and its token here; the controller still knows the token."
    )

    @Argument(help: "The context's name.", completion: NameCompletion.contexts) var name: String

    func run() throws {
        let store = ProfileStore()
        _ = try? store.load(try ProfileStore.checked(name))
        guard store.contexts.contains(name) else { throw Self.missing(name, among: store.contexts) }
        try store.delete(name)
        Terminal.current.say("forgot '\(name)'\n\nTo have its token refused: muster operator token revoke NAME")
    }

    private static func missing(_ name: String, among names: [String]) -> CommandFailure {
        CommandFailure(
            .unknownContext,
            "there is no context '\(name)'",
            hint: names.isEmpty ? "there is none at all" : "there are: \(names.joined(separator: ", "))"
        )
    }
}

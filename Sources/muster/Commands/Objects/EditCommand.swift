import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster edit`.
struct EditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change a model, a model version's labels, a runtime or a deployment in your editor.",
        discussion: """
            The editor is $MUSTER_EDITOR, $VISUAL or $EDITOR, else vi. What is saved is checked and applied, but only to \
            the object as it was read. While something is wrong the editor opens again and says what; a text that is not \
            taken stays in a file, which is named. Files that are kept elsewhere, such as in git, do not change: `muster \
            diff -f FILE` shows what differs.
            Exit codes: 0 applied, or nothing changed; 1 refused; 64 there is no terminal.
            """
    )

    @Argument(
        help: "TYPE NAME, or TYPE/NAME: a model, a modelversion, a runtime or a deployment.",
        completion: NameCompletion.objects
    ) var object: [String]
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Allow what would stop replicas on more than one host.") var allowRemoval = false

    func run() async throws {
        let reference = try ObjectReference(object)
        let name = try reference.requiredName()
        let object = "\(reference.type.rawValue)/\(name)"
        try Self.check(reference.type, name)
        guard Terminal.current.canAsk else {
            throw CommandFailure.usage(
                "nothing was changed: there is no terminal to edit \(object) on",
                hint: "write it to a file, change that, and apply it: muster get \(object) -o yaml > FILE",
                code: .noTerminal
            )
        }
        try await OperatorSession.run { session in
            guard let stored = try await StoredManifest.read(reference.type, name, in: session.client) else { return }
            let settings = ApplySettings(allowRemoval: allowRemoval, expected: [stored.key: stored.version])
            let file = try EditFile(named: "\(reference.type.rawValue)-\(name).yaml")
            let editor = Editor()
            let editing = Editing(
                stored: stored.manifest,
                object: object,
                file: file,
                edit: { try editor.edit($0.path) },
                apply: { document in
                    let interruption = Interruption(
                        "interrupted: whether it was applied is not known. What you wrote is kept in \(file.path)",
                        terminal: session.terminal
                    )
                    defer { interruption.end() }
                    try await ApplyCommand.send([document], reason: reason, settings: settings, in: session)
                }
            )
            if try await editing.run() == .unchanged { session.terminal.say("\(object): nothing changed") }
        }
    }

    /// What no manifest declares is changed in other ways.
    private static func check(_ type: ObjectType, _ name: String) throws {
        let way: String
        switch type {
        case .model, .modelversion, .runtime, .deployment: return
        case .host: way = "its labels: muster label host/\(name) KEY=VALUE"
        case .rollout: way = "edit its deployment: muster edit deployment/\(name)"
        case .rollback: way = "take it back: muster rollback undo \(name) --reason REASON"
        case .hold: way = "lift it: muster hold lift \(name)"
        }
        throw CommandFailure.usage(
            "\(type.rawValue)/\(name) cannot be edited: no manifest declares it",
            hint: way,
            code: .notPossible
        )
    }
}

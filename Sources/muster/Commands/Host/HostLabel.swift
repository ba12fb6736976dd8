import ArgumentParser
import Fleet
import FleetClient

/// `muster host label`.
struct HostLabel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Set and take away labels of hosts.",
        usage: "muster host label (HOST … | --selector LABELS) (KEY=VALUE | KEY-) … [OPTIONS]",
        discussion: """
            Deployments select hosts by their labels: a host that is no longer selected is drained and its replica \
            removed, one that is selected now gets what the deployment wants. To stop a deployment on more than one host \
            --allow-removal is needed.
            """
    )

    @Argument(
        help: "Hosts, and labels: KEY=VALUE sets one, KEY- takes it away.",
        completion: NameCompletion.names(of: .host)
    ) var words: [String]
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Every host whose labels match, like 'env=prod,site in (lyon,ulm)'."
    )
    var selector: String?
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Allow it to stop a deployment on more than one host.") var allowRemoval = false

    func validate() throws {
        let words = try LabelWords(words)
        guard words.names.isEmpty == (selector != nil) else {
            throw ValidationError(
                selector == nil ? "name the hosts, or say --selector." : "names and --selector exclude each other."
            )
        }
    }

    func run() async throws {
        let words = try LabelWords(words)
        let names = try words.names.map { try ObjectReference.name($0, of: .host) }
        try await OperatorSession.run { session in
            var names = names
            if let selector {
                names = try await HostSelection.hosts(matching: selector, in: session)
            }
            try await Self.label(names, words, reason: reason, allowRemoval: allowRemoval, in: session)
        }
    }

    /// Changes hosts' labels, and prints what they are then.
    static func label(
        _ names: [String],
        _ labels: LabelWords,
        reason: String?,
        allowRemoval: Bool,
        in session: OperatorSession
    ) async throws {
        let listing = try await session.client.labelHosts(
            names,
            set: labels.set,
            removing: labels.removed,
            reason: reason,
            allowRemoval: allowRemoval
        )
        for view in listing.items {
            session.terminal.say("host/\(view.host.name) \(Measure.labels(view.host.labels))")
        }
        session.terminal.say("\nTo see what moves: muster get deployments")
    }
}

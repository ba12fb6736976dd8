import ArgumentParser
import Fleet
import FleetClient

/// `muster explain`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why something is not where it should be, since when, who can act, and what to type next."
    )

    @Argument(
        help: "TYPE NAME, or TYPE/NAME: a deployment, a host, a rollout or a rollback.",
        completion: NameCompletion.objects
    ) var object: [String]
    @Flag(name: .customLong("all"), help: "Print every reason of a long list.") var showsAll = false

    func run() async throws {
        let reference = try ObjectReference(object)
        let name = try reference.requiredName()
        try await OperatorSession.run { session in
            switch reference.type {
            case .deployment:
                var view = try await session.client.get(.deployments, name)
                view.explanations = try await session.client.explain(name)
                say(view.whys, orElse: view.standing, in: session)
            case .host:
                let view = try await session.client.get(.hosts, name)
                say(view.whys, orElse: .init("host/\(name) is where it should be: it is connected", .good), in: session)
                for warning in view.warnings { session.terminal.say("warning: \(warning)") }
            case .rollout:
                let view = try await session.client.rollout(of: name)
                let state = "\(view.rollout.state.rawValue): \(view.rollout.reason)"
                let text = "the rollout of \(name) waits for nothing: it is \(state)"
                say(view.explanations, orElse: .init(text, view.rollout.state.tone), in: session)
            case .rollback:
                let view = try await session.client.get(.rollbacks, name)
                let text =
                    "rollback \(name) waits for nothing: it \(view.state == .running ? "is under way" : "has ended")"
                say(view.explanations, orElse: .init(text, view.state.tone), in: session)
            case .model, .modelversion, .runtime, .hold:
                session.terminal.say("a \(reference.type.rawValue) does not move: there is nothing to explain")
            }
        }
    }

    private func say(_ explanations: [Explanation], orElse standing: TextTable.Cell, in session: OperatorSession) {
        let style = session.terminal.style
        session.terminal.say(
            explanations.isEmpty
                ? style.paint(standing.text, standing.tone)
                : ExplanationPrinter.text(
                    explanations,
                    style: style,
                    now: session.now,
                    limit: showsAll ? .max : ExplanationPrinter.most,
                    all: "muster explain \(object.joined(separator: "/")) --all"
                )
        )
    }
}

import ArgumentParser
import Fleet
import FleetClient

/// Says something to a deployment's rollout, and prints where it stands then and what to do next.
struct RolloutTelling {
    let command: Fleet.RolloutCommand
    /// The deployment, as typed.
    let name: String
    let reason: String?

    /// A reason that was given says something.
    static func check(_ reason: String?) throws {
        guard reason?.allSatisfy(\.isWhitespace) != true else { throw ValidationError("--reason is empty; say why.") }
    }

    func run() async throws {
        let deployment = try ObjectReference.deployment(name, as: [.deployment, .rollout])
        try await OperatorSession.run { session in
            let view = try await session.client.command(command, rolloutOf: deployment, reason: reason)
            session.terminal.say(Self.text(command, view, style: session.terminal.style))
        }
    }

    /// What was said, where the rollout stands, and the next step.
    static func text(_ command: Fleet.RolloutCommand, _ view: RolloutView, style: TextStyle) -> String {
        let rollout = view.rollout
        let state = style.paint(rollout.state.rawValue, rollout.state.tone)
        let counts = view.counts.text(style: style)
        return """
            \(done(command)) the rollout of \(view.deployment) to \(view.revision.title)
              \(state): \(rollout.reason)
              \(counts)

            \(next(after: command, of: view.deployment))
            """
    }

    private static func done(_ command: Fleet.RolloutCommand) -> String {
        switch command {
        case .pause: "paused"
        case .resume: "resumed"
        case .promote(let full): full ? "opened all waves of" : "promoted"
        case .abort: "aborting"
        case .cancel: "cancelled"
        case .retry: "started again"
        case .skip(let host): "skipped \(host) in"
        }
    }

    private static func next(after command: Fleet.RolloutCommand, of deployment: String) -> String {
        switch command {
        case .pause: "To go on: muster rollout resume \(deployment)"
        case .resume, .promote, .retry, .skip, .abort: "To follow it: muster rollout status \(deployment) -w"
        case .cancel: "To see what is wanted now: muster get deployment \(deployment)"
        }
    }
}

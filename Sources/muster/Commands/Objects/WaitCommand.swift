import ArgumentParser
import Fleet
import FleetClient

/// `muster wait`.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until objects are as they should be.",
        discussion: """
            Several are named as TYPE/NAME each; --timeout is for all of them together. \
            --for takes 'deleted'; 'succeeded' for a deployment or a rollout (it fails at once when the rollout has ended \
            otherwise); 'connected' for a host; and 'jsonpath={PATH}=VALUE' for anything that -o json shows. Exit code 1 when \
            the time is over.
            """
    )

    @Argument(help: "TYPE NAME, or TYPE/NAME and others.", completion: NameCompletion.objects) var objects: [String]
    @Option(name: .customLong("for"), help: "What to wait for.") var condition: WaitCondition
    @Option(help: "For how long.") var timeout = "5m"

    func validate() throws {
        _ = try limit()
        for type in try ObjectReference.several(objects).map(\.type) where !condition.fits(type) {
            throw ValidationError("'\(condition.text)' is not for a \(type.rawValue); see 'muster wait --help'.")
        }
    }

    func run() async throws {
        let references = try ObjectReference.several(objects)
        let limit = try limit()
        try await OperatorSession.run { session in
            let deadline = session.now + limit
            for reference in references { try await wait(reference, until: deadline, in: session) }
        }
    }

    private func wait(_ reference: ObjectReference, until deadline: Instant, in session: OperatorSession) async throws {
        let name = try reference.requiredName()
        switch reference.type {
        case .model: try await wait(.models, name, deadline, in: session)
        case .modelversion: try await wait(.modelVersions, name, deadline, in: session)
        case .runtime: try await wait(.runtimes, name, deadline, in: session)
        case .deployment: try await wait(.deployments, name, deadline, in: session)
        case .host: try await wait(.hosts, name, deadline, in: session)
        case .rollout: try await wait(.rollouts, name, deadline, in: session)
        case .rollback: try await wait(.rollbacks, name, deadline, in: session)
        case .hold: try await wait(.holds, name, deadline, in: session)
        }
    }

    private func limit() throws -> Span {
        guard let span = Span(timeout) else {
            throw ValidationError("--timeout '\(timeout)' is no time; write it like 30s or 5m.")
        }
        return span
    }

    private func wait<View: PrintedView>(
        _ collection: ObjectCollection<View>,
        _ name: String,
        _ deadline: Instant,
        in session: OperatorSession
    ) async throws {
        let title = "\(View.type.rawValue)/\(name)"
        var patience = Patience(at: session.now)
        var last = "it was never seen"
        while true {
            do {
                let view = try await session.client.get(collection, name)
                patience.answered(at: session.now)
                switch condition.verdict(on: view, json: try ObjectPrinter.value(view)) {
                case .met: return session.terminal.say("\(title) \(condition.text)")
                case .never(let why):
                    throw CommandFailure(
                        .neverWill,
                        "\(title) will not be \(condition.text): \(why)",
                        hint: hint(title)
                    )
                case .notYet(let state): last = state
                }
            } catch let error as ClientError {
                if error.problem?.status == 404 {
                    if condition == .deleted { return session.terminal.say("\(title) deleted") }
                    if case .deleted = patience.verdict(on: error, at: session.now) {
                        throw CommandFailure(
                            .deletedMeanwhile,
                            "\(title) was deleted meanwhile",
                            hint: "see 'muster audit \(title)'"
                        )
                    }
                    last = "there is none"
                } else if patience.verdict(on: error, at: session.now) != .tryAgain {
                    throw error
                }
            }
            guard session.now < deadline else {
                throw CommandFailure(
                    .timeUp,
                    "\(title) is not \(condition.text) after \(timeout): \(last)",
                    hint: hint(title)
                )
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func hint(_ title: String) -> String {
        title.hasPrefix("deployment/") || title.hasPrefix("host/")
            ? "see why: muster explain \(title)" : "see what it is: muster describe \(title)"
    }
}

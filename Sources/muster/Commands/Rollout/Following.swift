import Fleet
import FleetClient

/// Asks about a deployment again and again until what is followed has ended, or cannot be followed any more.
struct Following {
    /// What is followed, like `the rollout of wine`.
    let subject: String
    /// The deployment's name.
    let deployment: String
    /// The command that follows it again.
    let again: String
    /// The time now.
    let now: () -> Instant
    /// Waits between two questions; longer where the last one was hard to answer, so that people who look on do not slow
    /// down what they look at.
    var pause: (Span) async throws -> Void = { asking in
        try await Task.sleep(for: .milliseconds(max(500, asking.milliseconds * 4)))
    }

    /// Asks until `show` answers that it is over. `uid` tells a deployment that was deleted and made anew from the old one.
    ///
    /// Throws `CommandFailure` when the deployment is deleted meanwhile, or the controller is gone for too long; what
    /// `show` throws; a `ClientError` that waiting would not help against.
    func run<View>(
        ask: () async throws -> View,
        uid: (View) -> String,
        show: (View) throws -> Bool
    ) async throws {
        var patience = Patience(at: now())
        var followed: String?
        while true {
            let asked = now()
            var asking = Span.seconds(0)
            do {
                let view = try await ask()
                asking = now() - asked
                patience.answered(at: now())
                guard followed == nil || followed == uid(view) else { throw recreated }
                followed = uid(view)
                if try show(view) { return }
            } catch let error as ClientError {
                switch patience.verdict(on: error, at: now()) {
                case .tryAgain: break
                case .gone(let waited): throw gone(error, for: waited)
                case .deleted: throw deleted
                case .fail: throw error
                }
            }
            try await pause(asking)
        }
    }

    private func gone(_ error: ClientError, for waited: Span) -> CommandFailure {
        CommandFailure(
            .followingEnded,
            "\(subject) is not followed any more, for \(waited.milliseconds / 1000) s brought nothing: \(error.message)",
            hint: "the hosts go on by themselves; check that muster-controller runs, then: \(again)"
        )
    }

    private var deleted: CommandFailure {
        CommandFailure(
            .deletedMeanwhile,
            "\(subject) has ended: somebody deleted deployment '\(deployment)' meanwhile",
            hint: "see what there is: muster get deployments"
        )
    }

    private var recreated: CommandFailure {
        CommandFailure(
            .deletedMeanwhile,
            "\(subject) has ended: somebody deleted deployment '\(deployment)' meanwhile and created it again",
            hint: "see the one that is there now: muster get deployment \(deployment)"
        )
    }
}

import ArgumentParser

/// `muster rollout`.
struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Follow rollouts, and say something to them.",
        subcommands: [
            RolloutStatus.self, RolloutHistory.self, RolloutPause.self, RolloutResume.self, RolloutPromote.self,
            RolloutAbort.self, RolloutCancel.self, RolloutRetry.self, RolloutSkip.self,
        ]
    )
}

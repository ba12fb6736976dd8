import ArgumentParser
import Fleet
import FleetClient

/// `muster host token create`.
struct HostTokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make tokens; each lets one host enrol, with these labels.",
        discussion: "The tokens, and nothing else, go to standard output, one a line. They are shown once."
    )

    @Option(help: ArgumentHelp("A label of the hosts; may be repeated.", valueName: "key=value")) var label: [String] =
        []
    @Option(help: "How long the tokens live: at most 1h.") var ttl = "1h"
    @Option(help: "How many.") var count = 1

    func run() async throws {
        let labels = try Self.labels(label)
        guard let span = Span(ttl) else { throw ValidationError("--ttl '\(ttl)' is no time; write it like 30m or 1h.") }
        try await OperatorSession.run { session in
            let view = try await session.client.createHostTokens(labels: labels, ttl: span, count: count)
            session.terminal.say(view.tokens.joined(separator: "\n"))
            let bearing = view.labels.isEmpty ? "" : ", with \(Measure.labels(view.labels))"
            session.terminal.complain(
                "valid until \(view.expiresAt)\(bearing). On the host: "
                    + "muster-agent enroll --controller HOST:7443 --token TOKEN"
            )
        }
    }

    /// Reads `key=value` words.
    static func labels(_ words: [String]) throws -> [String: String] {
        var labels: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw ValidationError("the label '\(word)' is not KEY=VALUE.") }
            if let reason = NameRule.problem(withLabelKey: parts[0]) {
                throw ValidationError("the label key '\(parts[0])' \(reason).")
            }
            if let reason = NameRule.problem(withLabelValue: parts[1]) {
                throw ValidationError("the label value '\(parts[1])' \(reason).")
            }
            guard labels.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw ValidationError("the label '\(parts[0])' is given twice.")
            }
        }
        return labels
    }
}

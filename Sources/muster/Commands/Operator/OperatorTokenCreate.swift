import ArgumentParser
import Fleet
import FleetClient

extension OperatorRole: ExpressibleByArgument {}

/// `muster operator token create`.
struct OperatorTokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Let a person or a program use the operator API.",
        discussion: "The token, and nothing else, goes to standard output. It is shown once."
    )

    @Argument(help: "Who: a name like ana or ci-pipeline; the audit has it.") var name: String
    @Option(help: "What it may do.") var role: OperatorRole
    @Option(help: "How long it lives, like 12h or 90d; without it, until it is revoked.") var ttl: String?
    @Option(help: "Why; it is kept in the audit.") var reason: String?

    func validate() throws {
        if let problem = NameRule.problem(withName: name) { throw ValidationError("the name '\(name)' \(problem).") }
        _ = try life()
    }

    func run() async throws {
        let life = try life()
        try await OperatorSession.run { session in
            let view = try await session.client.createOperator(name, role: role, ttl: life, reason: reason)
            session.terminal.say(view.token)
            let until = view.operator.expiresAt.map { "until \($0)" } ?? "until it is revoked"
            session.terminal.complain(
                "\(name) is \(role.rawValue) \(until). To use it: muster login \(session.client.profile.url) "
                    + "--token - --authority \(view.authority)"
            )
        }
    }

    private func life() throws -> Span? {
        guard let ttl else { return nil }
        if ttl.hasSuffix("d"), let days = Int64(ttl.dropLast()), (1...3_660).contains(days) {
            return .seconds(days * 86_400)
        }
        guard let span = Span(ttl), span > .seconds(0) else {
            throw ValidationError("--ttl '\(ttl)' is no time; write it like 12h or 90d.")
        }
        return span
    }
}

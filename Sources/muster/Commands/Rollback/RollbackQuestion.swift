import Fleet
import FleetClient

/// Shows a person what a rollback would do, and asks for what was not given.
struct RollbackQuestion {
    /// The command that shows every host.
    let all: String
    let session: OperatorSession

    /// Fills in the reason and the confirmation.
    ///
    /// Throws `CommandFailure` when there is nothing to roll back, the person does not go on, or somebody else has changed
    /// what would be condemned meanwhile.
    func complete(_ request: inout RollbackRequest) async throws {
        let terminal = session.terminal
        var asked = request
        (asked.reason, asked.confirm) = (nil, nil)
        let plan = try await session.client.planRollback(asked)
        terminal.say(RollbackPlanPrinter.text(plan, style: terminal.style, now: session.now, all: all))
        guard RollbackPlanPrinter.doesSomething(plan) else {
            throw CommandFailure(
                .nothingThere,
                "there is nothing to roll back; nothing was changed",
                hint: "see what runs: muster get deployments"
            )
        }
        if request.reason == nil { request.reason = try reason() }
        if request.confirm == nil {
            terminal.write("\nType \(terminal.style.paint(plan.confirm, .title)) to go on: ")
            let said = Self.line()
            try RollbackBegin.check(said, wanted: plan.confirm)
            request.confirm = said
        }
        try Self.check(try await session.client.planRollback(asked), isLike: plan)
    }

    private func reason() throws -> String {
        session.terminal.write("\nWhy (kept in the hold and in the audit): ")
        let said = Self.line()
        guard said.isEmpty else { return said }
        throw CommandFailure.usage("nothing was rolled back: no reason was given", hint: "say why: --reason '…'")
    }

    /// What would be done now must be what was shown, or to join a rollback that somebody has begun meanwhile.
    static func check(_ now: RollbackPlanView, isLike shown: RollbackPlanView) throws {
        let before = Dictionary(shown.deployments.map { ($0.name, $0.condemned.map(\.digest)) }) { first, _ in first }
        let changed = now.deployments.first { deployment in
            deployment.joins == nil && deployment.condemned.map(\.digest) != before[deployment.name] ?? []
        }
        guard let changed else { return }
        let what = changed.condemned.isEmpty ? "nothing" : changed.condemned.map(\.title).joined(separator: ", ")
        throw CommandFailure(
            .changedMeanwhile,
            "nothing was rolled back: somebody else has changed '\(changed.name)' meanwhile; now it would condemn \(what)",
            hint: "look again: muster rollback list"
        )
    }

    private static func line() -> String {
        let text = readLine() ?? ""
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

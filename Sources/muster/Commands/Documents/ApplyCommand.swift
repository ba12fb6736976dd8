import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster apply`.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make files the desired state: all of them, or none.",
        discussion: """
            Applying what is applied already does nothing. Content that a hold condemns is not stored. With --plan HASH, of a \
            plan that `muster plan` showed, it does just that or nothing: a refusal says who changed what since. With \
            --plan-file it does the same with what `muster plan --plan-file` has kept, and needs no other file.
            Exit codes: 0 done, or nothing to do; 1 refused, nothing was changed.
            """
    )

    /// Who looks without doing.
    enum DryRun: String, ExpressibleByArgument, CaseIterable {
        /// The controller checks everything and stores nothing.
        case server
    }

    @Option(name: [.customShort("f"), .customLong("file")], help: FileOptions.help, completion: FileOptions.completion)
    var files: [String] = []
    @Option(
        help: ArgumentHelp("Do just what the plan in this file showed, or nothing.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var planFile: String?
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Allow what would stop replicas on more than one host.") var allowRemoval = false
    @Option(help: ArgumentHelp("Do just what this plan showed, or nothing.", valueName: "hash")) var plan: String?
    @OptionGroup var set: SetOptions
    @Option(help: "server: have everything checked, as if it were applied, and change nothing.") var dryRun: DryRun?

    func validate() throws {
        guard planFile != nil else {
            if files.isEmpty { throw ValidationError("name what to apply: -f FILE, or --plan-file FILE.") }
            return
        }
        guard files.isEmpty, plan == nil, !set.resolve, !set.prune else {
            throw ValidationError("--plan-file says all of it: -f, --plan, --resolve and --prune are in the plan.")
        }
    }

    func run() async throws {
        let kept = try planFile.map { try PlanFile.read($0) }
        let documents = try kept?.documents ?? ManifestFiles.read(files)
        var settings = kept?.settings ?? set.settings
        settings.allowRemoval = allowRemoval
        if let plan { settings.plan = plan }
        let wanted = settings
        try await OperatorSession.run { session in
            guard dryRun == nil else { return try await Self.rehearse(documents, wanted, in: session) }
            try await Self.apply(documents, reason: reason, settings: wanted, in: session)
        }
    }

    /// Applies documents and prints what that did, with the next step.
    static func apply(
        _ documents: [ManifestDocument],
        reason: String?,
        settings: ApplySettings = ApplySettings(),
        in session: OperatorSession
    ) async throws {
        do {
            try await send(documents, reason: reason, settings: settings, in: session)
        } catch {
            throw CommandFailure(error, documents: documents)
        }
    }

    /// The same, but throws what the controller said.
    static func send(
        _ documents: [ManifestDocument],
        reason: String?,
        settings: ApplySettings,
        in session: OperatorSession
    ) async throws(ClientError) {
        let view = try await session.client.apply(
            documents: documents.map { JSONTextWriter.compact($0.node) },
            reason: reason,
            options: settings
        )
        session.terminal.say(PlanPrinter.changes(view.changes, style: session.terminal.style))
        if let next = nextStep(after: view.changes) { session.terminal.say(next) }
    }

    private static func rehearse(
        _ documents: [ManifestDocument],
        _ settings: ApplySettings,
        in session: OperatorSession
    ) async throws {
        do {
            let plan = try await session.client.plan(
                documents: documents.map { JSONTextWriter.compact($0.node) },
                options: settings
            )
            session.terminal.say(PlanPrinter.changes(plan.changes, style: session.terminal.style))
            session.terminal.say("\nNothing was changed: this was --dry-run. Host by host: muster plan")
        } catch {
            throw CommandFailure(error, documents: documents)
        }
    }

    /// What a person does next.
    static func nextStep(after changes: [PlanChange]) -> String? {
        if let held = changes.first(where: { $0.action == .held }) {
            return "\nNothing was stored for \(held.name). See: muster hold list"
        }
        let moved = changes.filter { $0.kind == ManifestKind.deployment.rawValue && $0.action != .unchanged }
        let changed = moved.filter { $0.action != .delete }
        if let first = changed.first(where: { $0.startsRollout == true }) {
            return "\nTo follow it: muster rollout status \(first.name) -w"
        }
        if let first = changed.first {
            return "\nNo rollout begins with it. To see where it stands: muster explain deployment/\(first.name)"
        }
        return moved.first.map { "\nTo see what still stops: muster get deployment \($0.name)" }
    }
}

extension SetOptions {
    /// As the API takes it.
    var settings: ApplySettings { ApplySettings(resolve: resolve, prune: prune ? selector : nil) }
}

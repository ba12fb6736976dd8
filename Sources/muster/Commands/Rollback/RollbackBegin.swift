import ArgumentParser
import Fleet
import FleetClient

extension Rollback.Strategy: ExpressibleByArgument {}
extension AssignmentItem.OnFailure: ExpressibleByArgument {}

/// `muster rollback NAME`, and `--selector` or `--all` of them.
struct RollbackBegin: AsyncParsableCommand {
    /// How it is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json
    }

    static let configuration = CommandConfiguration(
        commandName: "begin",
        abstract: "Condemn what deployments want, and send their hosts back to what served before.",
        usage: "muster rollback (NAME … | --selector LABELS | --all) --reason REASON [OPTIONS]",
        discussion: """
            It creates a hold that only a person lifts. Every host goes to its own last good version; one that is offline \
            goes on its return. It does not wait for windows, freezes and rollouts, and touches no other deployment; a pin \
            on a host stops it there. --plan shows all of that and changes nothing.

            On a terminal the deployment's name is asked for ('all' where there may be more than one); elsewhere \
            --confirm is needed. With -w it answers 0 when every host that can be reached is back, and 1 when one of them \
            is pinned, had no target, or failed.
            """
    )

    @OptionGroup var scope: RollbackScope
    @Option(help: ArgumentHelp("Where to: last-good, or a version of the model.", valueName: "last-good|version"))
    var to: String?
    @Option(help: ArgumentHelp("Where to: what was wanted then, like 02:55 or '30m ago'.", valueName: "time"))
    var toTime: String?
    @Option(help: "fast: half of the hosts at a time; rolling: in the rollout's waves. Else as the policy says.")
    var strategy: Rollback.Strategy?
    @Option(help: "What a host does that has nowhere to go: keepServing or stop. Else as the policy says.")
    var onFailure: AssignmentItem.OnFailure?
    @Option(help: "Why; it is kept in the hold and in the audit.") var reason: String?
    @Flag(name: .customLong("plan"), help: "Only show what it would do.") var isPlan = false
    @Flag(name: .customLong("all-hosts"), help: "With --plan: print every host of a long list.") var showsAll = false
    @Option(help: "The deployment's name once more; 'all' with --selector, --all and more than one name.")
    var confirm: String?
    @Flag(name: .customLong("again"), help: "Go one version further back, although it has just been rolled back.")
    var isAgain = false
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Follow it until every reachable host has a receipt.")
    var isWatching = false
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: table or json.")
    var output: Format = .table

    func validate() throws {
        guard reason?.allSatisfy(\.isWhitespace) != true else { throw ValidationError("--reason is empty; say why.") }
        if isWatching, isPlan || output == .json {
            throw ValidationError(
                "-w excludes --plan and -o json; for the end in JSON: muster rollback receipts ID -o json."
            )
        }
        if showsAll, !isPlan { throw ValidationError("--all-hosts is for --plan.") }
        if to != nil, toTime != nil { throw ValidationError("--to and --to-time exclude each other.") }
        if let to, to != "last-good", to.lowercased().filter(\.isLetter) == "lastgood" {
            throw ValidationError("--to '\(to)': did you mean 'last-good'?")
        }
    }

    func run() async throws {
        if !isPlan {
            do {
                try checkWords()
            } catch {
                try await refuseUnknown()
                throw error
            }
        }
        try await OperatorSession.run { session in
            do {
                try await run(in: session)
            } catch let error as ClientError {
                var failure = CommandFailure(error)
                if error.problem?.status == 404, let slip { failure.hint = slip }
                throw failure
            }
        }
    }

    /// Without a terminal to ask on, everything must be said.
    private func checkWords() throws {
        let words = try scope.confirmation()
        if let confirm { try Self.check(confirm, wanted: words) }
        guard !Terminal.current.canAsk, confirm == nil || reason == nil else { return }
        let what = confirm == nil ? "to ask for a confirmation on" : "to ask why on"
        throw CommandFailure.usage(
            "nothing was rolled back: there is no terminal \(what)",
            hint: slip ?? "say it all: \(command) --reason REASON --confirm \(words)"
        )
    }

    /// Of a name that is not there it is said first that it is not, and not that it must be confirmed. Whatever else stands
    /// in the way of asking is said when it is asked in earnest.
    private func refuseUnknown() async throws {
        guard slip == nil, case .deployments(let names) = try scope.scope() else { return }
        do {
            try await OperatorSession.run { session in
                for name in names { _ = try await session.client.get(.deployments, name) }
            }
        } catch let error as ClientError where error.problem?.status == 404 {
            throw CommandFailure(error)
        } catch {
            return
        }
    }

    private func run(in session: OperatorSession) async throws {
        var request = try request(now: session.now)
        guard !isPlan else { return try await showPlan(of: request, in: session) }
        let interruption = Interruption("nothing was rolled back", terminal: session.terminal)
        defer { interruption.end() }
        let question = RollbackQuestion(all: "\(typed) --all-hosts", session: session)
        if confirm == nil || reason == nil {
            try await question.complete(&request)
        }
        interruption.say("it may have begun; see: muster rollback list")
        let view = try await session.client.rollBack(request)
        guard output == .table else { return session.terminal.say(try ObjectPrinter.json(view)) }
        let style = session.terminal.style
        session.terminal.say(RollbackPrinter.beginning(view, style: style, now: session.now, hosts: !isWatching))
        guard isWatching else { return session.terminal.say("\n" + RollbackPrinter.nextSteps(view.rollback)) }
        session.terminal.say("\n")
        try await RollbackFollowing(id: view.rollback.id, showsAll: false, session: session).run(interruption)
    }

    /// What was meant, when a name is nearly a subcommand's.
    private var slip: String? {
        let known = ["list", "status", "receipts", "undo", "drill"]
        return scope.names.first.flatMap { NearestName.of($0, among: known) }.map {
            "did you mean 'muster rollback \($0)'?"
        }
    }

    private func request(now: Instant) throws -> RollbackRequest {
        let destination: Rollback.Destination =
            if let toTime {
                .time(try TimePoint.read(toTime, option: "--to-time", now: now))
            } else if let to, to != "last-good" {
                .version(to)
            } else {
                .lastGood
            }
        return RollbackRequest(
            scope: try scope.scope(),
            hosts: scope.hosts,
            to: destination,
            strategy: strategy,
            onFailure: onFailure,
            reason: isPlan ? nil : reason,
            confirm: isPlan ? nil : confirm,
            again: isAgain
        )
    }

    private func showPlan(of request: RollbackRequest, in session: OperatorSession) async throws {
        let plan = try await session.client.planRollback(request, all: showsAll)
        guard output == .table else { return session.terminal.say(try ObjectPrinter.json(plan)) }
        session.terminal.say(
            RollbackPlanPrinter.text(
                plan,
                style: session.terminal.style,
                now: session.now,
                all: "\(typed) --all-hosts",
                showsAll: showsAll
            )
        )
        guard RollbackPlanPrinter.doesSomething(plan) else { return session.terminal.say("\nNothing to do.") }
        session.terminal.say("\nNothing was changed. To do it: \(command) --reason REASON")
    }

    /// The confirmation must be what was asked for.
    static func check(_ confirmation: String, wanted: String) throws {
        guard confirmation == wanted else {
            throw CommandFailure.usage(
                "nothing was rolled back: '\(confirmation)' is not '\(wanted)'",
                hint: "type it as it is written: \(wanted)"
            )
        }
    }

    /// The command again, without what is only for looking.
    private var command: String {
        var words = "muster rollback \(scope.typed)"
        if let to { words += " --to \(to)" }
        if let toTime { words += " --to-time '\(toTime)'" }
        if let strategy { words += " --strategy \(strategy.rawValue)" }
        if let onFailure { words += " --on-failure \(onFailure.rawValue)" }
        if isAgain { words += " --again" }
        return words
    }

    private var typed: String { "\(command) --plan" }
}

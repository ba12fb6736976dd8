import ArgumentParser
import Fleet
import FleetClient

/// How `get` shows objects, as every command that lists them has it.
struct GetOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "How to print: table, wide, json, yaml, name or jsonpath=TEMPLATE."
    )
    var output: OutputFormat = .table
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Only objects whose labels match, like 'env=prod,site in (lyon,ulm)'."
    )
    var selector: String?
    @Option(
        help: ArgumentHelp(
            "Only objects of which this is so, like 'connected=false,host.labels.site!=lyon'.",
            valueName: "conditions"
        )
    )
    var fieldSelector: String?
    @Option(help: ArgumentHelp("Order by this, like .host.enrolledAt; what lacks it comes last.", valueName: "path"))
    var sortBy: String?
    @Flag(help: "Leave out the titles of the columns.") var noHeaders = false
    @Flag(name: [.customShort("w"), .customLong("watch")], help: "Go on, and show what changes.") var isWatching = false

    func validate() throws {
        do throws(JSONPathTemplate.Problem) {
            _ = try sortBy.map { text throws(JSONPathTemplate.Problem) in try SortKey(text) }
        } catch {
            throw ValidationError("--sort-by '\(sortBy ?? "")': \(error.message).")
        }
        do throws(JSONPathTemplate.Problem) {
            _ = try fieldSelector.map { text throws(JSONPathTemplate.Problem) in try FieldSelector(text) }
        } catch {
            throw ValidationError("--field-selector '\(fieldSelector ?? "")': \(error.message).")
        }
        if noHeaders, !output.isTable { throw ValidationError("--no-headers is for tables.") }
        if isWatching, case .jsonpath = output {
            throw ValidationError("-w has no -o jsonpath; -o json prints one object a line.")
        }
    }

    /// Prints what a reference names.
    func show(_ reference: ObjectReference) async throws {
        if selector != nil, reference.name != nil { throw ValidationError("a NAME and --selector exclude each other.") }
        if fieldSelector != nil, reference.name != nil {
            throw ValidationError("a NAME and --field-selector exclude each other.")
        }
        if selector != nil, [.rollout, .rollback, .hold].contains(reference.type) {
            throw ValidationError("\(reference.type.collection) bear no labels: --selector would have no effect.")
        }
        try await OperatorSession.run { session in
            switch reference.type {
            case .model: try await show(.models, reference, in: session)
            case .modelversion: try await show(.modelVersions, reference, in: session)
            case .runtime: try await show(.runtimes, reference, in: session)
            case .deployment: try await show(.deployments, reference, in: session)
            case .host
            where reference.name == nil && output == .table && sortBy == nil && fieldSelector == nil && !isWatching:
                try await showHostLines(in: session)
            case .host: try await show(.hosts, reference, in: session)
            case .rollout: try await show(.rollouts, reference, in: session)
            case .rollback: try await show(.rollbacks, reference, in: session)
            case .hold: try await show(.holds, reference, in: session)
            }
        }
    }

    private func show<View: PrintedView>(
        _ collection: ObjectCollection<View>,
        _ reference: ObjectReference,
        in session: OperatorSession
    ) async throws {
        let name = try await reference.name.asyncMap { try await session.get(collection, $0).printedName }
        guard !isWatching else {
            let following = GetFollowing(output: output, showsTitles: !noHeaders, session: session) {
                if let name { return [try await session.client.get(collection, name)] }
                let all = try await session.client.list(collection, selector: selector).items
                return try sorted(try matching(all, isWatched: true, in: session))
            }
            return try await following.run()
        }
        let style = session.terminal.style
        if let name {
            let view = try await session.client.get(collection, name)
            guard noHeaders else {
                return session.terminal.say(try ObjectPrinter.text(view, as: output, style: style, now: session.now))
            }
            session.terminal.say(table([view], in: session))
        } else {
            var listing = try await session.client.list(collection, selector: selector)
            listing.items = try sorted(try matching(listing.items, isWatched: false, in: session))
            guard noHeaders else {
                return session.terminal.say(try ObjectPrinter.text(listing, as: output, style: style, now: session.now))
            }
            if !listing.items.isEmpty { session.terminal.say(table(listing.items, in: session)) }
        }
    }

    /// The table of all hosts, of which little is asked: there may be many thousands.
    private func showHostLines(in session: OperatorSession) async throws {
        let list = try await session.client.hostLines(selector: selector)
        guard !list.items.isEmpty else {
            if !noHeaders { session.terminal.say("no \(HostView.type.names[1])") }
            return
        }
        let now = session.now
        let rows = list.items.map { $0.cells(isFrozen: list.isFrozen, now: now) }
        let table = TextTable(titles: HostView.columns.table, rows: rows)
        session.terminal.say(table.text(style: session.terminal.style, showsTitles: !noHeaders))
    }

    private func table<View: PrintedView>(_ views: [View], in session: OperatorSession) -> String {
        ObjectPrinter.table(
            views,
            isWide: output == .wide,
            style: session.terminal.style,
            now: session.now,
            showsTitles: false
        )
    }

    /// Those that `--field-selector` means. A path that none of them has is said, once: it may be misspelt.
    private func matching<View: PrintedView>(
        _ views: [View],
        isWatched: Bool,
        in session: OperatorSession
    ) throws -> [View] {
        guard let fieldSelector else { return views }
        let selector = try FieldSelector(fieldSelector)
        let documents = try views.map(ObjectPrinter.value)
        if !isWatched, let path = selector.unknownPath(in: documents) {
            session.terminal.complain(
                "none of the \(views.count) \(View.type.names[1]) has '\(path)': see what there is with -o json"
            )
        }
        return zip(views, documents).filter { selector.matches($1) }.map(\.0)
    }

    private func sorted<View: PrintedView>(_ views: [View]) throws -> [View] {
        guard let sortBy else { return views }
        return try SortKey(sortBy).sorted(views, json: ObjectPrinter.value)
    }
}

extension Optional {
    /// `map` with a body that waits.
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let self else { return nil }
        return try await body(self)
    }
}

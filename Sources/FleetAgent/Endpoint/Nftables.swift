import Glibc

/// The host's `nft` program: reads and changes one table. Blocks for some milliseconds: not for an event loop.
struct Nftables: Sendable {
    /// Why `nft` did not do something, where it could be asked: an error's `cause`.
    enum Refusal: Error {
        /// It is not installed, or this user may not.
        case incapable
        /// It, or the kernel, said no.
        case answered
    }

    private static let places = ["/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft", "/usr/bin/nft"]

    private let command: BoundedCommand

    /// - Throws: `endpoint` when it is not installed.
    init() throws(AgentError) {
        guard let program = Self.places.first(where: { access($0, X_OK) == 0 }) else {
            throw AgentError(
                .endpoint,
                "nft is not installed (looked for \(Self.places.joined(separator: ", "))); "
                    + "install it, on Debian with `apt-get install nftables`, and start the agent again",
                cause: Refusal.incapable
            )
        }
        command = BoundedCommand(program: program)
    }

    /// What `nft --version` says.
    func version() throws(AgentError) -> String { try done(["--version"]).output.trimmed }

    /// The table as text; `nil` when there is none.
    ///
    /// - Throws: `endpoint` when rules cannot be read at all, for want of privilege above all.
    func listing() throws(AgentError) -> String? {
        let result = try command.run(["-n", "list", "table", "inet", "muster"])
        if result.status == 0 { return result.output }
        // Whatever is wrong, the table's absence or more: the names of all tables can be had, or the reason why not.
        let names = try done(["list", "tables"]).output
        guard names.split(separator: "\n").contains(where: { $0 == "table inet muster" }) else { return nil }
        throw failure(result)
    }

    /// The rules of all tables.
    func ruleset() throws(AgentError) -> String { try done(["-n", "list", "ruleset"]).output }

    /// Carries out a script as one transaction: all of it or nothing.
    func apply(_ script: String) throws(AgentError) {
        let result = try command.run(["-f", "-"], input: script)
        guard result.status == 0 else { throw failure(result) }
    }

    /// Brings a whole table about, whatever stands under its name.
    func install(_ table: EndpointTable) throws(AgentError) {
        do {
            try apply(table.script)
        } catch {
            try apply(table.replacingScript)
        }
    }

    /// Takes the table out, whether or not it is there.
    func remove() throws(AgentError) {
        try apply("add table \(EndpointTable.name)\ndelete table \(EndpointTable.name)\n")
    }

    private func done(_ arguments: [String]) throws(AgentError) -> BoundedCommand.Result {
        let result = try command.run(arguments)
        guard result.status == 0 else { throw failure(result) }
        return result
    }

    private func failure(_ result: BoundedCommand.Result) -> AgentError {
        let isRefused = result.complaint.contains("Operation not permitted")
        let next =
            isRefused
            ? "the agent needs CAP_NET_ADMIN (its unit: AmbientCapabilities=CAP_NET_ADMIN); root is not needed"
            : "see `nft list ruleset`"
        let why = result.complaint.isEmpty ? "it ended with status \(result.status)" : result.complaint
        return AgentError(
            .endpoint,
            "\(command.program) refused: \(why); \(next)",
            cause: isRefused ? Refusal.incapable : Refusal.answered
        )
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { $0 != "\n" }) }
}

import ArgumentParser
import Fleet
import FleetClient

/// Hosts by name, or by their labels.
struct HostSelection: ParsableArguments {
    @Argument(help: "The hosts' names.", completion: NameCompletion.names(of: .host)) var names: [String] = []
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Every host whose labels match, like 'env=prod,site in (lyon,ulm)'."
    )
    var selector: String?

    func validate() throws {
        guard names.isEmpty == (selector != nil) else {
            throw ValidationError(
                selector == nil ? "name the hosts, or say --selector." : "names and --selector exclude each other."
            )
        }
    }

    /// The hosts' names.
    ///
    /// - Throws: `CommandFailure` `nothingMatches`; what the controller says.
    func hosts(in session: OperatorSession) async throws -> [String] {
        if let selector { return try await Self.hosts(matching: selector, in: session) }
        return try names.map { try ObjectReference.name($0, of: .host) }
    }

    /// The names of the hosts whose labels match.
    static func hosts(matching selector: String, in session: OperatorSession) async throws -> [String] {
        let names = try await session.client.list(.hosts, selector: selector).items.map(\.host.name)
        guard !names.isEmpty else {
            throw CommandFailure(.nothingMatches, "no host matches '\(selector)'", hint: "see 'muster get hosts'")
        }
        return names
    }
}

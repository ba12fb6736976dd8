import Fleet
import FleetClient
import Foundation

/// What every command that calls the controller has: the client of the login, and the time.
struct OperatorSession {
    let client: OperatorClient
    let terminal: Terminal

    /// Opens a session, runs a command in it and closes it, whatever happens.
    static func run(_ body: (OperatorSession) async throws -> Void) async throws {
        let client = try OperatorClient(
            profile: try ProfileStore().load(),
            timeout: GlobalOptions.current.requestTimeout ?? OperatorClient.usualTimeout
        )
        do {
            try await body(OperatorSession(client: client, terminal: .current))
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// One object, by its name, or by the beginning of an id that no other has.
    func get<View: PrintedView>(_ collection: ObjectCollection<View>, _ name: String) async throws -> View {
        guard View.isNamedById, name.count < 12 else { return try await client.get(collection, name) }
        let found = try await client.list(collection).items.filter { $0.printedName.hasPrefix(name) }
        guard let view = found.first, found.count == 1 else { return try await client.get(collection, name) }
        return view
    }

    /// The time now.
    var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

import Fleet
import FleetClient
import Foundation

/// What every command that calls the controller has: the client of the login, and the time.
struct OperatorSession {
    let client: OperatorClient
    let terminal: Terminal

    /// Opens a session, runs a command in it and closes it, whatever happens.
    static func run(_ body: (OperatorSession) async throws -> Void) async throws {
        let client = try OperatorClient(profile: try ProfileStore().load())
        do {
            try await body(OperatorSession(client: client, terminal: .current))
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// The time now.
    var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

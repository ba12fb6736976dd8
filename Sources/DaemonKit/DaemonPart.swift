/// One long-lived part of a daemon.
package struct DaemonPart: Sendable {
    /// Names the part in logs.
    package var name: String
    /// Runs until its work is done, a graceful shutdown was asked for (see `GracefulShutdown`), or its task is cancelled;
    /// throws when it cannot go on.
    package var run: @Sendable () async throws -> Void

    /// A part.
    package init(name: String, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.run = run
    }
}

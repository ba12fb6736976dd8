package import Fleet
import Glibc
package import Logging
import ServiceLifecycle
import UnixSignals

/// A program that runs its parts together until one ends or it is told to stop.
///
/// SIGTERM and SIGINT ask for a graceful shutdown: the parts stop one after the other, the last one first, and whatever still
/// runs at the deadline is cancelled. A part that fails shuts the others down gracefully. SIGPIPE is ignored.
package struct Daemon: Sendable {
    private let group: ServiceGroup
    private let logger: Logger

    /// A daemon that has not started.
    /// - Parameters:
    ///   - parts: in the order of their start; what others need comes first.
    ///   - deadline: how long a graceful shutdown may take before what is left is cancelled.
    package init(parts: [DaemonPart], deadline: Span = .seconds(20), logger: Logger) {
        // The group's own remarks tell nothing that the daemon does not say in its own words.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        var configuration = ServiceGroupConfiguration(
            services: parts.map {
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: PartService(part: $0, logger: logger),
                    successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup,
                    serviceName: $0.name
                )
            },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration = .milliseconds(deadline.milliseconds)
        group = ServiceGroup(configuration: configuration)
        self.logger = logger
    }

    /// Runs the parts to their end. Call it once.
    /// - Returns: the process's exit code: 0 after a shutdown, 1 after a part failed (which is logged).
    package func run() async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        do {
            try await group.run()
        } catch is CancellationError {
            logger.warning("stopped at the deadline")
            return 0
        } catch {
            return 1
        }
        logger.info("stopped")
        return 0
    }

    /// Asks for a graceful shutdown, as SIGTERM does.
    package func stop() async {
        await group.triggerGracefulShutdown()
    }
}

/// A part in the words of ServiceLifecycle.
private struct PartService: Service {
    let part: DaemonPart
    let logger: Logger

    func run() async throws {
        do {
            try await part.run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("a part of the daemon failed", metadata: ["part": "\(part.name)", "error": "\(error)"])
            throw error
        }
    }
}

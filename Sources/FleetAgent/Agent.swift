import DaemonKit
import Fleet
package import Logging
package import NIOCore

/// The agent of one host, put together.
package struct Agent: Sendable {
    private let files: AgentFiles
    private let supervisor: Supervisor
    private let link: ControllerLink

    /// Puts an agent together.
    ///
    /// - Parameters:
    ///   - shim: the shim's program; the one beside the agent's own when `nil`.
    ///   - endpoint: whether endpoints are switched in the kernel.
    package init(
        files: AgentFiles,
        identity: AgentIdentity,
        shim: String? = nil,
        endpoint: EndpointSetting = .auto,
        group: any EventLoopGroup,
        logger: Logger
    ) throws(AgentError) {
        self.files = files
        supervisor = try Supervisor.assembled(
            files: files,
            settings: identity.settings,
            shim: shim,
            endpoint: Self.endpointSwitch(endpoint),
            source: ControllerBlobs(identity: identity, logger: logger),
            group: group,
            logger: logger
        )
        link = ControllerLink(identity: identity, host: supervisor, logger: logger)
    }

    private static func endpointSwitch(_ setting: EndpointSetting) -> any EndpointSwitch {
        switch setting {
        case .off: UnavailableEndpointSwitch(reason: "--endpoint is off")
        case .auto: UnavailableEndpointSwitch(reason: "this agent cannot use nftables yet")
        }
    }

    /// Runs until its task is cancelled. Replicas go on.
    package func run() async throws {
        let lock = try AgentLock(files)
        try await withThrowingTaskGroup { group in
            group.addTask { [supervisor] in try await supervisor.run() }
            group.addTask { [link] in await link.run() }
            group.addTask { await CodePages.run(time: .system) }
            // The loop ends by cancellation or by a failure that leaves nothing to do.
            defer { group.cancelAll() }
            try await group.next()
        }
        _ = consume lock
    }
}

import Logging

/// Whether the agent switches endpoints in the kernel: its setting `--endpoint`, or `MUSTER_AGENT_ENDPOINT`.
package enum EndpointSetting: String, Sendable, CaseIterable {
    /// By nftables where the agent has CAP_NET_ADMIN and `nft` is installed.
    case auto
    /// Never: a model server listens on the stable port itself, and an update has a short gap. For agents that share one
    /// network namespace.
    case off

    /// The switch of this host. Blocks for some milliseconds.
    ///
    /// - Parameter ports: the private ports.
    /// - Throws: `refused` when the host could switch but for the private ports, or when it is not to switch while
    ///   something is reached through the table; `endpoint` when it can switch, and that fails now.
    func endpointSwitch(
        files: AgentFiles,
        ports: PrivatePorts,
        logger: Logger
    ) throws(AgentError) -> any EndpointSwitch {
        let file = EndpointFile(path: files.endpoints)
        guard self == .auto else {
            try Self.retire(file, logger: logger)
            return UnavailableEndpointSwitch(reason: "--endpoint is off")
        }
        do {
            let nftables = try NftablesSwitch(hiding: ports, file: file, logger: logger)
            let table = ConntrackTable.current()
            logger.info(
                "endpoints are switched by nftables",
                metadata: [
                    "private": "\(ports.range.lowerBound)-\(ports.range.upperBound)",
                    "conntrack": "\(table?.size ?? 0)", "newPerSecond": "\(table?.newPerSecond ?? 0)",
                ]
            )
            return nftables
        } catch  where error.code == .endpoint && Self.isLasting(error, file) {
            logger.warning("endpoints cannot be switched without a gap", metadata: ["reason": "\(error)"])
            return UnavailableEndpointSwitch(reason: error.message)
        }
    }

    /// Whether a host cannot switch at all: one that has switched before, or whose `nft` did not even answer, may the next
    /// time, and what serves behind its endpoints must not be lost by an agent that goes on without them.
    static func isLasting(_ error: AgentError, _ file: EndpointFile) -> Bool {
        switch error.cause as? Nftables.Refusal {
        case .incapable: true
        case .answered: !hasEndpoints(file)
        case nil: false
        }
    }

    private static func hasEndpoints(_ file: EndpointFile) -> Bool {
        do {
            return try file.table().map { !$0.endpoints.isEmpty } ?? false
        } catch {
            return true
        }
    }

    /// Takes out the table of an agent that has switched here before: it would lead clients past the stable port.
    private static func retire(_ file: EndpointFile, logger: Logger) throws(AgentError) {
        // Without a file, or without nft, a table that is there is another agent's.
        guard FileAccess.exists(file.path), let nft = try? Nftables() else { return }
        do {
            try EndpointLock(path: file.path).locked { () throws(AgentError) in
                if let listing = try nft.listing() {
                    let open = EndpointTable(contentOf: listing)?.open ?? [:]
                    for (port, privatePort) in open.sorted(by: { $0.key < $1.key }) {
                        guard try !TCPSockets.listeners(on: privatePort).isEmpty else { continue }
                        throw AgentError(
                            .refused,
                            "--endpoint is off, but what serves on port \(privatePort) is reached through endpoint \(port) "
                                + "in the kernel, and would be cut off; start the agent with --endpoint auto, and remove the "
                                + "deployment from this host before it is turned off"
                        )
                    }
                    try nft.remove()
                    logger.notice("the endpoints' rules are removed: --endpoint is off")
                }
                FileAccess.remove(file.path)
            }
        } catch  where error.code != .refused && hasEndpoints(file) {
            throw AgentError(
                .endpoint,
                "--endpoint is off, but the rules of an earlier agent, which lead clients past the stable ports, cannot be "
                    + "looked for or removed: \(error.message); remove them as root with `muster-agent endpoint remove --data "
                    + "\(FileAccess.parent(of: file.path))`, then start the agent again",
                cause: error
            )
        } catch  where error.code != .refused {
            logger.warning("the endpoints' rules are not looked for", metadata: ["why": "\(error)"])
        }
    }
}

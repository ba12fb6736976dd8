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
    /// - Throws: `refused` when the host could switch but for the private ports.
    func endpointSwitch(
        files: AgentFiles,
        ports: PrivatePorts,
        logger: Logger
    ) throws(AgentError) -> any EndpointSwitch {
        guard self == .auto else { return UnavailableEndpointSwitch(reason: "--endpoint is off") }
        do {
            let nftables = try NftablesSwitch(hiding: ports, file: EndpointFile(path: files.endpoints), logger: logger)
            let table = ConntrackTable.current()
            logger.info(
                "endpoints are switched by nftables",
                metadata: [
                    "private": "\(ports.range.lowerBound)-\(ports.range.upperBound)",
                    "conntrack": "\(table?.size ?? 0)", "newPerSecond": "\(table?.newPerSecond ?? 0)",
                ]
            )
            return nftables
        } catch  where error.code == .endpoint {
            logger.warning("endpoints cannot be switched without a gap", metadata: ["reason": "\(error)"])
            return UnavailableEndpointSwitch(reason: error.message)
        }
    }
}

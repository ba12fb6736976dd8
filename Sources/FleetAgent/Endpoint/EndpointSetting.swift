/// Whether the agent switches endpoints in the kernel: its setting `--endpoint`, or `MUSTER_AGENT_ENDPOINT`.
package enum EndpointSetting: String, Sendable, CaseIterable {
    /// By nftables where the agent has CAP_NET_ADMIN and `nft` is installed.
    case auto
    /// Never: a model server listens on the stable port itself, and an update has a short gap. For agents that share one
    /// network namespace.
    case off
}

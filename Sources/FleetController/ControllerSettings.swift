package import Fleet

/// How a controller is set up.
package struct ControllerSettings: Sendable {
    /// Where everything that it keeps is: database, blobs, authority.
    package var dataDirectory: String
    /// The address that agents dial.
    package var agentHost: String
    /// Its port; 0 takes a free one.
    package var agentPort: Int
    /// The address that operators dial.
    package var apiHost: String
    /// Its port; 0 takes a free one.
    package var apiPort: Int
    /// Further names and addresses that stand in the listeners' certificates.
    package var names: [String]
    /// Between two leases of one host.
    package var leaseInterval: Span
    /// Event-loop threads of the agent port.
    package var threads: Int
    /// How long after the end of its certificate a host may return by the key that it bound; 0 for never.
    package var renewWithin: Span

    /// How a controller is set up.
    package init(
        dataDirectory: String,
        agentHost: String = "127.0.0.1",
        agentPort: Int = 7443,
        apiHost: String = "127.0.0.1",
        apiPort: Int = 7444,
        names: [String] = [],
        leaseInterval: Span = .seconds(15),
        threads: Int = 1,
        renewWithin: Span = .seconds(30 * 86_400)
    ) {
        self.dataDirectory = dataDirectory
        self.agentHost = agentHost
        self.agentPort = agentPort
        self.apiHost = apiHost
        self.apiPort = apiPort
        self.names = names
        self.leaseInterval = leaseInterval
        self.threads = threads
        self.renewWithin = renewWithin
    }
}

/// Where a client connects.
package struct RPCTarget: Sendable, Hashable {
    /// A name or an address to dial.
    package var host: String
    package var port: Int
    /// The name the server's certificate must bear, unless it bears the address dialled (also sent as SNI unless it is an
    /// address); nil takes `host`.
    package var serverName: String?

    package init(host: String, port: Int, serverName: String? = nil) {
        self.host = host
        self.port = port
        self.serverName = serverName
    }

    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

import FleetSecurity
import FoundationEssentials
import RPCTransport

/// Through which proxy the controller is dialled, as `agent.json` has it: without secrets.
package struct ProxySetting: Sendable, Hashable, Codable {
    /// `http://HOST:PORT` or `https://HOST:PORT`; `none` for no proxy, whatever the environment says.
    package var url: String
    /// A file (0600) with USER:PASSWORD; absent for a proxy that asks for none.
    package var credentials: String?

    /// No proxy, whatever the environment says.
    static let none = ProxySetting(url: "none")

    init(url: String, credentials: String? = nil) {
        self.url = url
        self.credentials = credentials
    }

    /// Where the proxy is; `nil` for none.
    var address: ProxyAddress? { self == .none ? nil : ProxyAddress(url) }

    /// What to dial; the credentials are read anew each time, so that they can be changed while the agent runs.
    ///
    /// - Throws: `AgentLinkError`, `SecurityError`, each with what to do.
    func proxy() throws -> RPCProxy? {
        guard self != .none else { return nil }
        guard let address else {
            throw AgentLinkError("the proxy '\(url)' in agent.json cannot be read; give another with 'run --proxy URL'")
        }
        var proxy = RPCProxy(host: address.host, port: address.port, isTLS: address.isTLS)
        if let credentials {
            let line = try SecretFile.readText(credentials).prefix { $0 != "\n" && $0 != "\r\n" && $0 != "\r" }
            guard line.contains(":") else {
                let next = "write one line USER:PASSWORD to it"
                throw AgentLinkError("\(credentials) holds no credentials of a proxy; \(next)")
            }
            proxy.authorization = "Basic \(Data(line.utf8).base64EncodedString())"
        }
        return proxy
    }
}

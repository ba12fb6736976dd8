package import Fleet
import NIOHTTP1

extension OperatorClient {
    /// What a host says of itself at this moment.
    package func inspection(of host: String) async throws(ClientError) -> HostInspection {
        try await call(.GET, project("/hosts/\(Self.escaped(host))/inspection"))
    }
}

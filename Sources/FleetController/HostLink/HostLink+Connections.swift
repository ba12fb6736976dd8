import FleetSecurity
import RPCTransport
import Synchronization

/// Connections by host, so that a revocation ends them all: a stream that is open asks for nothing any more.
extension HostLink {
    func connectionOpened(_ connection: RPCServerConnection) {
        entry(of: connection.peer)?.opened(connection)
    }

    func connectionClosed(_ connection: RPCServerConnection) {
        entry(of: connection.peer)?.closed(connection)
    }

    /// The host that a certificate names, if it is of this fleet.
    func entry(of peer: RPCPeer) -> HostEntry? {
        peer.uriSANs.lazy.compactMap { [trustDomain] in HostIdentity.parse(uriSAN: $0, trustDomain: trustDomain) }.first
            .flatMap { directory[$0] }
    }
}

import Fleet
import SessionLifecycle

extension HostEntry.State {
    /// Why ports that endpoints may take over are not taken over on this host, for people.
    ///
    /// - Parameter host: what is stored of it, maybe in a transaction that memory has not taken over.
    func adoptionWarnings(of host: FleetHost) -> [String] {
        guard let ports = host.adoptedPorts, !ports.isEmpty else { return [] }
        let list = ports.map { "\($0.port)" }.joined(separator: ", ")
        let granted = (ports.count == 1 ? "port \(list) is" : "ports \(list) are") + " granted to endpoints"
        if session != nil, capabilities & LinkProtocol.portTakeover == 0 {
            let version = report.map { " (\($0.facts.agentVersion))" } ?? ""
            return ["\(granted), but the host's agent\(version) is too old to take a port over: install a newer one"]
        }
        guard let refusal = report?.facts.endpointRefusal else { return [] }
        return [
            "\(granted), but the host cannot switch endpoints: \(refusal); run its agent with the endpoint's capability "
                + "(CAP_NET_ADMIN), or stop what listens there and take the gap"
        ]
    }
}

/// Whether an endpoint may take its port over from another program that listens on it.
struct PortTakeover: Sendable, Hashable {
    /// Whether an admin said so.
    var isGranted = false
    /// Why this host cannot switch endpoints in the kernel, without which nothing can be taken over; `nil` when it can.
    var refusal: String?

    /// Why a port that somebody listens on cannot be an endpoint, with what to do; `nil` when it can.
    ///
    /// - Parameters:
    ///   - owner: who listens, in words.
    ///   - host: this host's name.
    func problem(with port: UInt16, listenedOnBy owner: String, host: String) -> String? {
        let stop = "stop it (`ss -ltnp 'sport = :\(port)'` names it)"
        let command = "muster host adopt-port \(host) \(port)"
        let taken = "port \(port) on \(host) is listened on by \(owner)"
        switch (isGranted, refusal) {
        case (true, nil): return nil
        case (false, nil):
            return "\(taken): take the port over without a gap with `\(command)`, \(stop), or choose another "
                + "endpoint.port"
        case (true, let refusal?):
            return "\(taken), and it cannot be taken over though that is granted, since the endpoint cannot be "
                + "switched: \(refusal); run the agent with the endpoint's capability (CAP_NET_ADMIN), or \(stop) and "
                + "take the gap"
        case (false, _?):
            return "\(taken): \(stop), choose another endpoint.port, or take the port over without a gap: run the "
                + "agent with the endpoint's capability (CAP_NET_ADMIN), and then `\(command)`"
        }
    }
}

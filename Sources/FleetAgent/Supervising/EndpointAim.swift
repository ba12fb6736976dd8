/// Where the kernel's table is to lead one deployment's clients.
enum EndpointAim: Sendable, Hashable {
    /// It has no endpoint.
    case nowhere
    /// New connections to the port are rejected.
    case closed(UInt16)
    /// New connections go to a target, of the process of this attempt.
    case open(UInt16, to: EndpointTarget, attempt: UInt64)

    /// The stable port.
    var port: UInt16? {
        switch self {
        case .nowhere: nil
        case .closed(let port), .open(let port, _, _): port
        }
    }
}

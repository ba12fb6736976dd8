package import Fleet

/// Where a deployment's endpoint leads.
package enum Pointing: Hashable, Sendable {
    /// Wherever it leads now: nothing better is known.
    case untouched
    /// There is no endpoint, or none any more.
    case nowhere
    /// New connections are rejected.
    case closed(Endpoint)
    /// New connections go to the process of this attempt, to its port with the endpoint's name.
    case open(Endpoint, attempt: UInt64)

    /// Leading to a process, where there is an endpoint.
    static func open(at endpoint: Endpoint?, to process: ReplicaProcess) -> Pointing {
        endpoint.map { .open($0, attempt: process.attempt) } ?? .nowhere
    }
}

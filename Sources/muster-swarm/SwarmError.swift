/// Why the swarm cannot do what was asked.
struct SwarmError: Error, CustomStringConvertible {
    /// Text for a person: what failed, where, why and what to do next.
    var message: String
    var description: String { message }

    init(_ message: String) {
        self.message = message
    }
}

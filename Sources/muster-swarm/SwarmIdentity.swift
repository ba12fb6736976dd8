/// Who one simulated agent is: what a real agent keeps in its own directory.
struct SwarmIdentity: Codable, Hashable, Sendable {
    /// The host's name.
    var name: String
    /// The id that the controller gave it.
    var hostID: String
    var instanceID: String
    var machineID: String
    /// The token that it enrolled with, so that a second run does not try it again.
    var tokenID: String
    /// Its certificate, PEM, leaf first.
    var certificateChain: String
    /// Its private key, PEM.
    var key: String
}

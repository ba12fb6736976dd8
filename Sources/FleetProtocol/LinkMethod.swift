/// The calls of the link by their paths.
package enum LinkMethod {
    /// Unary, without a client certificate.
    package static let enroll = "/muster.agent.v1.AgentLink/Enroll"
    /// Unary.
    package static let renew = "/muster.agent.v1.AgentLink/Renew"
    /// Bidirectional.
    package static let session = "/muster.agent.v1.AgentLink/Session"
    /// Client stream.
    package static let answer = "/muster.agent.v1.AgentLink/Answer"
    /// Client stream.
    package static let telemetry = "/muster.agent.v1.AgentLink/Telemetry"
    /// The path of a blob; followed by 64 hexadecimal digits.
    package static let blobs = "/blobs/sha256/"
}

/// What `enroll` prints: JSON on standard output, times in milliseconds.
struct EnrolmentReport: Codable, Sendable {
    var enrolled: Int
    /// Tokens whose identity was there already.
    var present: Int
    var failed: Int
    var reasons: [String: Int]
    var seconds: Double
    var enrolmentsPerSecond: Double
    /// From dialling to the certificate: TCP, TLS, HTTP/2, Enroll.
    var latency: LatencySummary
}

import FoundationEssentials

/// What a run prints: JSON on standard output, times in milliseconds.
struct SwarmReport: Codable, Sendable {
    var connections: Int
    /// Connections that never reached their Welcome.
    var failed: Int
    /// Sessions that ended before the run did.
    var lost: Int
    var reasons: [String: Int]
    var seconds: Double
    var leases: UInt64
    var leasesPerSecond: Double
    /// From a lease to its Ack.
    var latency: LatencySummary
    /// From dialling to the Welcome: TCP, TLS, HTTP/2 and Hello.
    var connect: LatencySummary
    var connectsPerSecond: Double

    /// Prints it.
    static func write(_ report: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}

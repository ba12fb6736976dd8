import NIOCore

/// What an HTTP server answered.
struct HTTPAnswer: Hashable, Sendable {
    /// The status code.
    var status: Int
    /// The body, up to the asker's limit.
    var body: [UInt8]
}

import Foundation
import NIOCore

/// Requests one at a time on each of many connections.
enum ReadLoad {
    /// Before it counts.
    private static let warmUp = TimeAmount.seconds(2)

    static func run(_ options: BenchOptions) async throws {
        let connections = try BenchConnections(options)
        let (paths, tokens) = (try options.lines("--paths"), try options.lines("--tokens"))
        let seconds = try options.number("--seconds")
        let begin = NIODeadline.now() + warmUp
        let tally = ReadTally(from: begin, to: begin + .seconds(Int64(seconds)))
        let channels = try await connections.open(try options.number("--connections")) { number in
            ReadHandler(tally: tally) { turn in
                let token = tokens[(number + turn) % tokens.count]
                let path = paths[turn % paths.count]
                return ByteBuffer(string: connections.head("GET", path, token: token) + "\r\n")
            }
        }
        try await Task.sleep(for: .nanoseconds((tally.end - NIODeadline.now()).nanoseconds))
        let report = try tally.report()
        for channel in channels { channel.close(promise: nil) }
        say(report)
    }
}

import Foundation
import NIOCore

/// Many watches, and writes whose events all of them see.
enum WatchLoad {
    static func run(_ options: BenchOptions) async throws {
        let connections = try BenchConnections(options)
        let (token, model) = (try options.text("--token"), try options.text("--model"))
        let (count, writes) = (try options.number("--watchers"), try options.number("--writes"))
        let project = "/v1/projects/default"
        let path = "\(project)/watch?from=\(try options.number("--from"))"
        let request = ByteBuffer(string: connections.head("GET", path, token: token) + "\r\n")
        let arrivals = WatchArrivals(watchers: count)
        let watching = try await connections.open(count) { _ in
            WatchHandler(request: request, model: model, arrivals: arrivals)
        }
        try await arrivals.all()

        let answers = WriteAnswers()
        let writer = try await connections.open { WriteHandler(answers: answers) }
        for number in 0..<writes {
            let body =
                #"{"documents":[{"apiVersion":"muster/v1","kind":"Model","metadata":{"name":"\#(model)"},"#
                + #""spec":{"owner":"bench","purpose":"turn \#(number)"}}]}"#
            let head = connections.head("POST", "\(project)/apply", token: token)
            let text = head + "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n" + body
            arrivals.begin(at: .now())
            writer.writeAndFlush(ByteBuffer(string: text), promise: nil)
            arrivals.answered(at: try await answers.next())
            try await arrivals.all()
        }
        let report = try arrivals.report()
        for channel in watching + [writer] { channel.close(promise: nil) }
        say(report)
    }
}

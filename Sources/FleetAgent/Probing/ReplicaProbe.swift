import DaemonKit
import Fleet
import NIOCore

/// What is asked of one running replica: is it alive, is its model ready, does it answer as recorded.
struct ReplicaProbe: Sendable {
    /// How long a check may take.
    private static let checkTimeout = TimeAmount.seconds(5)
    /// How long a golden probe may take.
    private static let probeTimeout = TimeAmount.seconds(60)

    let content: RevisionContent
    let texts: ReplicaTexts
    let ports: [String: UInt16]
    let http: HTTPProbe
    let time: TimeSource
    /// The name under which the model is asked for until it has its own; the texts have it too. Its own when `nil`.
    var alias: String?

    /// Why the model is not ready; `nil` when it is. Asked per model: a server's own readiness lies in both directions.
    func unready() async -> String? { await problem(content.runtime.ready) }

    /// Why the process does not live; `nil` when it does, or when the runtime has no such check.
    func dead() async -> String? {
        guard let live = content.runtime.live else { return nil }
        return await problem(live)
    }

    /// Asks the golden probe until there is an answer, right or wrong; why it is wrong, or `nil`.
    func difference() async throws -> String? {
        guard let golden = content.probe else { return nil }
        let comparison = try GoldenComparison(golden)
        guard let port = ports[golden.port] else {
            return "the golden probe asks port '\(golden.port)', which is not there"
        }
        let path = alias.flatMap { Self.path(golden.path, asking: $0, insteadOf: content.model.name) } ?? golden.path
        while true {
            do {
                var answer = try await http.ask(
                    port: port,
                    path: path,
                    body: Array(golden.request.utf8),
                    timeout: Self.probeTimeout
                )
                if let alias { answer.body = Self.answer(answer.body, of: alias, as: content.model.name) }
                guard answer.status == 200 else {
                    let said = String(decoding: answer.body.prefix(200), as: UTF8.self)
                    return "the golden probe at \(path) answered \(answer.status), not 200: \(said)"
                }
                return comparison.difference(in: answer.body).map { "the golden probe at \(path): \($0)" }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // A server that is ready may still refuse a connection; the machine's deadline ends this.
                try await time.sleep(.seconds(1))
            }
        }
    }

    /// A path that asks another model than the one that it names; `nil` when it names none.
    static func path(_ path: String, asking other: String, insteadOf model: String) -> String? {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard let index = parts.firstIndex(of: model) else { return nil }
        parts[index] = other
        return parts.joined(separator: "/")
    }

    /// An answer in which a model says its own name, as it would say it under another.
    private static func answer(_ body: [UInt8], of alias: String, as model: String) -> [UInt8] {
        Array(String(decoding: body, as: UTF8.self).replacing("\"\(alias)\"", with: "\"\(model)\"").utf8)
    }

    private func problem(_ check: RuntimeProfile.HTTPCheck) async -> String? {
        guard let port = ports[check.port] else { return "the check asks port '\(check.port)', which is not there" }
        do {
            let path = try texts.expand(check.path)
            let answer = try await http.ask(port: port, path: path, timeout: Self.checkTimeout)
            guard answer.status != 200 else { return nil }
            return "\(path) on port \(port) answers \(answer.status), not 200"
        } catch {
            return "port \(port) does not answer: \(HTTPProbe.words(for: error))"
        }
    }
}

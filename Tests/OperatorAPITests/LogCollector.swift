import Logging
import Synchronization

/// Keeps what was logged, as `message key=value …` with sorted keys, and lets tests wait for a line.
final class LogCollector: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(@Sendable (String) -> Bool, CheckedContinuation<String, Never>)] = []
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }

    var logger: Logger { Logger(label: "test") { _ in Handler(collector: self) } }

    /// The first line, past or to come, with all of these in it.
    func line(with parts: String...) async -> String {
        let fits: @Sendable (String) -> Bool = { line in parts.allSatisfy(line.contains) }
        return await withCheckedContinuation { continuation in
            let found = state.withLock { state in
                let found = state.lines.first(where: fits)
                if found == nil { state.waiting.append((fits, continuation)) }
                return found
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    private func add(_ line: String) {
        let woken = state.withLock { state in
            state.lines.append(line)
            let woken = state.waiting.filter { $0.0(line) }.map(\.1)
            state.waiting.removeAll { $0.0(line) }
            return woken
        }
        for continuation in woken { continuation.resume(returning: line) }
    }

    private struct Handler: LogHandler {
        let collector: LogCollector
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            collector.add("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
        }
    }
}

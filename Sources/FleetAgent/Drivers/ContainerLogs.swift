import DaemonKit
import Fleet
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Brings what containers write into the replicas' own logs. The engine keeps it too, so that what was written while the agent
/// was down is fetched afterwards: how far it has come stands beside the container's handle.
struct ContainerLogs: Sendable {
    /// The name of the file that says how far a log has come.
    private static let file = "log-mark"
    private static let pace = Span.seconds(1)

    let engine: ContainerEngine
    let launcher: ShimLauncher
    let time: TimeSource
    let logger: Logger
    private let followed = Followed()

    private final class Followed: Sendable {
        let ids = Mutex<Set<String>>([])
    }

    init(engine: ContainerEngine, launcher: ShimLauncher, time: TimeSource, logger: Logger) {
        self.engine = engine
        self.launcher = launcher
        self.time = time
        self.logger = logger
    }

    /// One container's reading, whose pieces come one after the other.
    private final class Reading: Sendable {
        private struct State {
            var output: ContainerOutput
            var size: Int64
        }

        private let log: String
        /// Where it is noted how far this has come; -1 where it cannot be.
        private let noted: Int32
        private let limit: Int64
        private let state: Mutex<State>

        init(log: String, directory: String, limit: Int64) {
            self.log = log
            self.limit = limit
            let file = "\(directory)/\(ContainerLogs.file)"
            let text = try? FileAccess.readText(file)
            noted = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let mark = text.flatMap { ContainerOutput.Mark(text: $0) }
            state = Mutex(State(output: ContainerOutput(from: mark), size: FileAccess.size(of: log) ?? 0))
        }

        deinit { if noted >= 0 { close(noted) } }

        /// From when on is to be asked for, seconds since 1970; what a broken stream has left over is forgotten.
        func began() -> Int64 {
            state.withLock { state in
                state.output = ContainerOutput(from: state.output.mark)
                return state.output.mark?.since ?? 0
            }
        }

        /// Writes what has come, and notes how far that is; whether the log is too long now. Blocks.
        func take(_ bytes: [UInt8]) throws -> Bool {
            try state.withLock { state in
                let written = try state.output.take(bytes)
                guard !written.isEmpty else { return false }
                try Self.append(written, to: log)
                // Right after, and in one call: an agent that is killed in between has its successor write a few lines twice.
                if let mark = state.output.mark {
                    _ = Array(mark.text.utf8).withUnsafeBytes { unsafe pwrite(noted, $0.baseAddress, $0.count, 0) }
                }
                state.size += Int64(written.count)
                guard state.size > limit else { return false }
                state.size = 0
                return true
            }
        }

        private static func append(_ bytes: [UInt8], to log: String) throws(AgentError) {
            let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw FileAccess.failure("write", log) }
            defer { close(file) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileAccess.failure("write", log) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Writes what a container writes, until it has ended and nothing is left of it, or the task is cancelled. One that is
    /// followed already is left to whoever follows it.
    ///
    /// - Parameters:
    ///   - directory: the replica's.
    ///   - limit: a log that is longer is rotated, in bytes.
    func follow(_ container: ContainerHandle, log: String, directory: String, limit: Int64) async {
        guard followed.ids.withLock({ $0.insert(container.id).inserted }) else { return }
        defer { followed.ids.withLock { _ = $0.remove(container.id) } }
        let reading = Reading(log: log, directory: directory, limit: limit)
        var hasTold = false
        while !Task.isCancelled {
            let wasAlive = HostSystem.lives(container.child)
            do {
                let isKnown = try await engine.follow(container.id, since: reading.began()) { [self] piece in
                    let bytes = Array(piece.readableBytesView)
                    let isLong = try await NIOThreadPool.singleton.runIfActive { try reading.take(bytes) }
                    if isLong { await rotate(log, limit: limit) }
                }
                hasTold = false
                // It has ended, and so have its words; or the engine does not know it any more.
                if !wasAlive || !isKnown && !HostSystem.lives(container.child) { return }
            } catch {
                if Task.isCancelled { return }
                if !hasTold { logger.warning("a container's log cannot be read", metadata: ["why": "\(error)"]) }
                hasTold = true
                if !wasAlive { return }
            }
            try? await time.sleep(HostSystem.lives(container.child) ? Self.pace : Span(milliseconds: 50))
        }
    }

    /// Waits, not for long, until what a container that has ended wrote last stands in its log.
    func settled(_ container: ContainerHandle, within limit: Span = .seconds(3)) async {
        let end = time.elapsed().milliseconds + limit.milliseconds
        while followed.ids.withLock({ $0.contains(container.id) }), time.elapsed().milliseconds < end, !Task.isCancelled
        {
            try? await time.sleep(Span(milliseconds: 20))
        }
    }

    /// The last lines of a container that has hardly run. Blocks.
    func last(of id: String) -> String? {
        var output = ContainerOutput()
        guard let bytes = try? engine.tail(of: id), let text = try? output.take(bytes) else { return nil }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").last
        return line.map { String($0.prefix(200)) }
    }

    private func rotate(_ log: String, limit: Int64) async {
        do {
            let shim = BoundedCommand(program: launcher.program)
            _ = try await NIOThreadPool.singleton.runIfActive { try shim.run(["--rotate", log, "\(limit)"]) }
        } catch {
            logger.warning("a log cannot be rotated", metadata: ["log": "\(log)", "why": "\(error)"])
        }
    }
}

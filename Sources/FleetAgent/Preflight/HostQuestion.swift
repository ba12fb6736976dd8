import DaemonKit
import Fleet
import Glibc
import NIOPosix
import ShimProtocol

/// Asks this host something by running a program once: confined as a replica would be, within bounds, without a shell.
struct HostQuestion: Sendable {
    /// What a program answered.
    struct Answer: Sendable, Hashable {
        /// How it ended.
        var exit: ShimExit
        /// What it printed on both outputs, up to `outputLimit` bytes.
        var output: String
    }

    /// What a program may take.
    struct Bounds: Sendable, Hashable {
        /// How long.
        var timeout = Span.seconds(30)
        /// The longest file that it may write, in bytes: its output, and what it may cache.
        var fileSize: UInt64 = 16 << 20
        /// Where it starts.
        var directory = "/"
        /// Whether it has no network, and ends with the agent.
        var isErrand = false
    }

    private static let outputLimit = 64 << 10

    let launcher: ShimLauncher
    /// Where the question and its answer stand meanwhile.
    let directory: String
    let user: ReplicaUser?
    let time: TimeSource

    /// Runs a program to its end.
    ///
    /// - Parameter name: tells it from others that are asked at the same time.
    /// - Throws: `refused` when it takes too long, `start` and `files` when it cannot be run, or `CancellationError`.
    func ask(_ command: [String], environment: [String], name: String, bounds: Bounds = Bounds()) async throws -> Answer
    {
        let specification = ShimSpecification(
            directory: directory,
            log: "/dev/null",
            workingDirectory: bounds.directory,
            arguments: command,
            environment: environment,
            boot: "",
            user: user?.shim,
            fileSize: bounds.fileSize,
            isErrand: bounds.isErrand
        )
        let path = "\(directory)/\(name)"
        defer {
            unlink(path)
            unlink("\(path).out")
        }
        let pid = try await NIOThreadPool.singleton.runIfActive {
            try FileAccess.makeDirectory(directory)
            return try launcher.launchOnce(specification, at: path, output: "\(path).out")
        }
        let exit = try await end(of: pid, command, within: bounds.timeout)
        let output = (try FileAccess.read("\(path).out") ?? []).prefix(Self.outputLimit)
        return Answer(exit: exit, output: String(decoding: output, as: UTF8.self))
    }

    private func end(of pid: pid_t, _ command: [String], within timeout: Span) async throws -> ShimExit {
        let deadline = time.elapsed().milliseconds + timeout.milliseconds
        var status: Int32 = 0
        do {
            while waitpid(pid, &status, WNOHANG) == 0 {
                guard time.elapsed().milliseconds < deadline else {
                    throw AgentError(
                        .refused,
                        "`\(command.joined(separator: " "))` did not end within \(timeout); run it by hand to see why"
                    )
                }
                try await time.sleep(Span(milliseconds: 20))
            }
        } catch {
            // A session of its own: all that it started goes with it.
            kill(-pid, SIGKILL)
            kill(pid, SIGKILL)
            waitpid(pid, &status, 0)
            throw error
        }
        kill(-pid, SIGKILL)
        return ShimExit(waitStatus: status)
    }
}

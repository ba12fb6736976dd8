import Fleet
import Glibc
import Synchronization

/// The policy of this host, read from its file whenever that has changed: whoever is about to act asks each time.
package final class PolicyFile: Sendable {
    /// Where it stands unless the agent is told otherwise.
    package static let standard = "/etc/muster/policy.conf"

    /// Tells one state of the file from another.
    struct Stamp: Sendable, Hashable {
        var device: UInt64
        var file: UInt64
        var size: Int64
        var modified: Int64
        var changed: Int64
    }

    private struct State {
        var stamp: Stamp?
        var outcome: Result<HostPolicy, AgentError>?
    }

    let path: String
    private let isNamed: Bool
    private let state = Mutex(State())

    /// - Parameter path: what the agent was told; where a policy stands as a rule when `nil`, and then there may be none.
    package init(named path: String? = nil) {
        self.path = path ?? Self.standard
        isNamed = path != nil
    }

    /// Whether the agent was told of a file that is not there.
    package var isMissing: Bool { isNamed && !FileAccess.exists(path) }

    /// What holds now.
    ///
    /// - Throws: `refused` when the file cannot be used, with everything that is wrong with it. Then nothing is known of what
    ///   is allowed, and nothing new may be started.
    func policy() throws(AgentError) -> HostPolicy {
        let stamp = stamp()
        let outcome = state.withLock { state in
            // What cannot be read may be readable the next time, without a change to the file.
            if let known = state.outcome, case .success = known, state.stamp == stamp { return known }
            let outcome = Result { () throws(AgentError) in try read() }
            state.outcome = outcome
            state.stamp = stamp
            return outcome
        }
        return try outcome.get()
    }

    /// What the file is like; `nil` when there is none.
    func stamp() -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev),
            file: UInt64(status.st_ino),
            size: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            changed: Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        )
    }

    private func read() throws(AgentError) -> HostPolicy {
        guard let size = FileAccess.size(of: path) else {
            guard isNamed || FileAccess.exists(path) else { return HostPolicy(absent: path) }
            throw refusal("it is not there; write it, or start the agent without --policy")
        }
        guard size <= HostPolicy.limit else {
            throw refusal("it is longer than \(HostPolicy.limit) bytes; shorten it")
        }
        if let exposure = FileTrust.exposure(of: path) {
            throw refusal("\(exposure); let nobody write to it but root (`chown root`, `chmod go-w`)")
        }
        let bytes: [UInt8]?
        do {
            bytes = try FileAccess.read(path)
        } catch {
            throw refusal("\(error.message)")
        }
        guard let text = String(validating: bytes ?? [], as: UTF8.self) else {
            throw refusal("it is not UTF-8 text; write it anew")
        }
        do {
            return try HostPolicy(text: text, file: path)
        } catch {
            throw refusal(
                error.problems.map { "\(path):\($0.line):\($0.column): \($0.message)" }.joined(separator: "; ")
            )
        }
    }

    private func refusal(_ why: String) -> AgentError {
        AgentError(
            .refused,
            "nothing new is started here, and what serves goes on, because the host's policy \(path) cannot be used: \(why) "
                + "(the agent reads it again by itself; `muster-agent check` says whether it will do)"
        )
    }
}

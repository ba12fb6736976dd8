import DaemonKit
import Fleet
import Glibc
import Logging
import ShimProtocol

/// What keeps replicas apart from the agent, from each other and within their bounds: their user, their control groups, and
/// the mark by which processes that were left behind are found.
struct ReplicaHousing: Sendable {
    /// The variable that marks every process of a replica, where no control group does.
    static let mark = "MUSTER_REPLICA"
    /// How often, 10 ms apart, what was left behind is killed again before that is given up.
    private static let sweeps = 500

    let files: AgentFiles
    /// What this agent's groups and marks are called: no other agent's, whatever the two share.
    let name: String
    /// Whom replicas run as; the agent's own user when `nil`.
    let user: ReplicaUser?
    let groups: ControlGroups
    let capabilities: HostCapabilities
    let logger: Logger

    /// Prepares the host.
    ///
    /// - Parameters:
    ///   - instance: the enrolment's, which no other agent has.
    ///   - groups: made here when `nil`.
    /// - Throws: `start` when replicas cannot run as the user, `files` when it cannot be let through to their files.
    init(
        files: AgentFiles,
        instance: String,
        user: ReplicaUser?,
        groups: ControlGroups? = nil,
        logger: Logger
    ) throws(AgentError) {
        name = Self.groupName(files, instance: instance)
        let groups = groups ?? ControlGroups(name: name)
        self.files = files
        self.groups = groups
        self.logger = logger
        capabilities = HostCapabilities.read(user: user, groups: groups)
        guard let user, user.shim.id != geteuid() else {
            self.user = nil
            return
        }
        if let reason = capabilities.missing[.otherUser] {
            throw AgentError(
                .start,
                "replicas cannot run as '\(user.name)' here: \(reason); give them to the agent (AmbientCapabilities= in its "
                    + "unit, or run it as root), or leave --replica-user out"
            )
        }
        self.user = user
        for directory in [files.directory, files.models, files.replicas] { try user.letThrough(directory) }
    }

    static func groupName(_ files: AgentFiles, instance: String) -> String {
        "muster-\(Digest(of: "\(instance) \(files.directory)".utf8).hex.prefix(12))"
    }

    private func mark(of start: String) -> String { "\(Self.mark)=\(name)/\(start)" }

    /// Where a replica starts: a directory of its own, apart from the one by which it is found again.
    func workingDirectory(in directory: String) throws(AgentError) -> String {
        let path = "\(directory)/work"
        if let user {
            try user.letThrough(directory)
            try user.give(path)
        } else {
            try FileAccess.makeDirectory(path)
        }
        return path
    }

    /// Variables that are the house's own to say.
    ///
    /// - Parameter isApart: whether it runs as another user than the agent whatever the house says.
    func environment(
        _ written: [String],
        name: String,
        workingDirectory: String,
        isApart: Bool = false
    ) -> [String] {
        var environment = written.filter { !$0.hasPrefix("\(Self.mark)=") }
        // The agent's home is no other user's.
        if user != nil || isApart {
            environment = environment.filter { !$0.hasPrefix("HOME=") } + ["HOME=\(workingDirectory)"]
        }
        return environment + [mark(of: name)]
    }

    // MARK: What is left behind

    /// Kills what is left of starts that have no directory any more, and removes their groups.
    ///
    /// - Parameter deployment: only of this deployment; of all when `nil`.
    /// - Throws: `start` when something cannot be killed: nothing may be started beside it.
    func sweep(deployment: String? = nil) throws(AgentError) {
        let prefix = deployment.map { ReplicaTicket.directoryName(deployment: $0, attempt: 0).dropLast() } ?? ""
        // In this order: a directory is made before its group.
        let left = Set(groups.hierarchies.isEmpty ? marked() : groups.names)
        let known = Set(try FileAccess.listing(files.replicas))
        for name in left where name.hasPrefix(prefix) && !known.contains(name) { try end(name) }
    }

    /// Kills everything that a start has left, and removes its group.
    ///
    /// - Throws: `start` when something cannot be killed.
    func end(_ name: String) throws(AgentError) {
        var hasTold = false
        for _ in 0..<Self.sweeps {
            let left = processes(of: name)
            guard !left.isEmpty else {
                groups.remove(name)
                return
            }
            if !hasTold {
                hasTold = true
                logger.warning(
                    "processes were left behind; they are killed",
                    metadata: ["replica": "\(name)", "pids": "\(left.map { "\($0)" }.joined(separator: " "))"]
                )
            }
            for pid in left { kill(pid, SIGKILL) }
            usleep(10_000)
        }
        let left = processes(of: name).map { "\($0)" }.joined(separator: ", ")
        throw AgentError(
            .start,
            "processes that an earlier start has left behind cannot be killed (pids \(left)); nothing is started beside them: "
                + "see what holds them (`ps -o pid,stat,wchan,cmd -p \(left)`), or restart the host"
        )
    }

    private func processes(of name: String) -> [Int32] {
        groups.hierarchies.isEmpty ? marked(as: mark(of: name)) : groups.processes(of: name)
    }

    /// The processes with a mark.
    private func marked(as mark: String) -> [Int32] {
        pids().filter { pid in marks(of: pid).contains { $0 == mark } }
    }

    /// The names of the starts that marked processes belong to.
    private func marked() -> [String] {
        let prefix = mark(of: "")
        return pids().flatMap { pid in
            marks(of: pid).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        }
    }

    private func pids() -> [Int32] { FileAccess.names(in: "/proc").compactMap { Int32($0) } }

    private func marks(of pid: Int32) -> [String] {
        // Other users' processes cannot be read: they are not this agent's replicas either.
        guard let bytes = try? FileAccess.read("/proc/\(pid)/environ"), HostSystem.process(pid) != nil else {
            return []
        }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0.hasPrefix("\(Self.mark)=") }
    }
}

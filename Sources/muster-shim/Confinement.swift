import CProcess
import Glibc
import ShimProtocol

/// What the child gives up between fork and exec: in this order, since each step needs what a later one gives up.
struct Confinement {
    /// The step that failed: told to the shim as one byte beside errno.
    enum Step: UInt8 {
        case session, group, openFiles, fileSize, user, network, parent, privileges, directory, execute

        /// For people.
        func text(_ specification: ShimSpecification) -> String {
            switch self {
            case .session: "make a session"
            case .group: "enter a control group (\(specification.groups.joined(separator: ", ")))"
            case .openFiles: "allow \(specification.openFiles ?? 0) open files"
            case .fileSize: "limit the size of files"
            case .user: "become user \(specification.user?.id ?? 0)"
            case .network: "leave the network (namespaces(7): it takes CAP_SYS_ADMIN, or user namespaces for everybody)"
            case .parent: "end with the agent"
            case .privileges: "give up privileges"
            case .directory: "enter \(specification.workingDirectory)"
            case .execute: "run '\(specification.arguments[0])' in \(specification.workingDirectory)"
            }
        }
    }

    private let specification: ShimSpecification
    private let arguments: CStrings
    private let environment: CStrings
    private let directory: CStrings

    /// Made before the fork: after it, the child only makes system calls.
    init(_ specification: ShimSpecification) {
        self.specification = specification
        arguments = CStrings(specification.arguments)
        environment = CStrings(specification.environment)
        directory = CStrings([specification.workingDirectory])
        let path = specification.environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5)
        if let path { setenv("PATH", String(path), 1) }
    }

    /// Becomes the program. Returns only when it cannot: the step, with `errno`.
    func become() -> Step {
        if getsid(0) != getpid(), setsid() < 0 { return .session }
        for group in specification.groups where !Self.enter(group) { return .group }
        if let count = specification.openFiles, cprocess_limit_open_files(count) != 0 { return .openFiles }
        if let bytes = specification.fileSize, cprocess_limit_file_size(bytes) != 0 { return .fileSize }
        // With the right to it at once; without, in a user namespace of its own, which only the user that it ends as can make.
        let isOffline = specification.isErrand && cprocess_leave_network(0) == 0
        if let user = specification.user {
            guard cprocess_become(user.id, user.group, user.groups, user.groups.count) == 0 else { return .user }
        }
        if specification.isErrand {
            guard isOffline || cprocess_leave_network(1) == 0 else { return .network }
            // After the change of user, which forgets it.
            guard cprocess_end_with_parent() == 0 else { return .parent }
        }
        guard cprocess_give_up_privileges() == 0 else { return .privileges }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        signal(SIGPIPE, SIG_DFL)
        guard let place = directory.pointers[0], chdir(place) == 0 else { return .directory }
        if let program = arguments.pointers[0] { execvpe(program, arguments.pointers, environment.pointers) }
        return .execute
    }

    /// Writing `0` moves the writer (cgroups(7)).
    private static func enter(_ group: String) -> Bool {
        let file = open("\(group)/cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return write(file, "0", 1) == 1
    }
}

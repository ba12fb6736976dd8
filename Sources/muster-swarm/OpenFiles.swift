import Glibc

/// The process's limit on open files: every connection needs one.
enum OpenFiles {
    /// Files that the process needs beside its connections.
    private static let reserve = 64

    /// Raises the soft limit as far as it goes, and refuses what will not fit.
    static func allow(connections: Int) throws(SwarmError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard connections + reserve <= Int(clamping: limit.rlim_max) else {
            throw SwarmError(
                "\(connections) connections do not fit in one process: the hard limit is \(limit.rlim_max) open files; "
                    + "use fewer, or start several swarms on parts of the identities"
            )
        }
    }
}

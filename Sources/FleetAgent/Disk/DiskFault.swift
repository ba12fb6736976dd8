import Glibc

/// A call that the disk refused.
package struct DiskFault: Error, Hashable, Sendable {
    /// The system's error number.
    package let number: Int32

    /// A call that the disk refused.
    package init(_ number: Int32) {
        self.number = number
    }

    /// For a person.
    func error(_ verb: String, _ path: String) -> AgentError {
        let next =
            switch number {
            case EACCES, EPERM: "run the agent as the directory's owner, or change the owner"
            case ENOSPC, EDQUOT: "free some space"
            case ENOENT: "check the path"
            case EROFS: "mount the file system writable, or choose another --data"
            case EIO: "check the disk (`dmesg` says what the kernel saw)"
            default: "see to this, then try again"
            }
        return AgentError(.files, "cannot \(verb) \(path): \(FileAccess.reason(number)); \(next)", cause: self)
    }
}

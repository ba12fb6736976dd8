import Glibc
import ShimProtocol

/// The user that replicas run as when it is not the agent's own.
package struct ReplicaUser: Sendable, Hashable {
    /// The user's name.
    package let name: String
    /// The user with its groups, by numbers.
    let shim: ShimUser

    /// Looks a user up by name, or by number.
    ///
    /// - Throws: `start` when there is none.
    package init(named name: String) throws(AgentError) {
        let entry = unsafe getpwnam(name) ?? UInt32(name).flatMap { unsafe getpwuid($0) }
        guard let found = unsafe entry?.pointee else {
            throw AgentError(
                .start,
                "there is no user '\(name)' on this host for replicas to run as; create it (`useradd --system \(name)`), or "
                    + "change --replica-user"
            )
        }
        self.name = unsafe String(cString: found.pw_name)
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        let known = unsafe getgrouplist(found.pw_name, found.pw_gid, &groups, &count)
        shim = ShimUser(
            id: unsafe found.pw_uid,
            group: unsafe found.pw_gid,
            groups: known >= 0 ? Array(groups.prefix(Int(count))) : []
        )
    }

    /// Whether it is root.
    package var isRoot: Bool { shim.id == 0 }

    /// Lets the user read below a directory: the directories and files get its group, and the group may enter and read.
    ///
    /// - Throws: `files` with what the system says.
    func share(_ directory: String) throws(AgentError) {
        var status = stat()
        guard lstat(directory, &status) == 0 else { throw FileAccess.failure("read", directory) }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        guard isDirectory || status.st_mode & S_IFMT == S_IFREG else { return }
        let mode = (status.st_mode & 0o777) | (isDirectory ? 0o050 : (status.st_mode & 0o100) >> 3 | 0o040)
        if status.st_gid != shim.group, lchown(directory, status.st_uid, shim.group) != 0 {
            throw FileAccess.failure("change the group of", directory)
        }
        if status.st_mode & 0o777 != mode, chmod(directory, mode) != 0 {
            throw FileAccess.failure("change the mode of", directory)
        }
        guard isDirectory else { return }
        for name in FileAccess.names(in: directory) { try share("\(directory)/\(name)") }
    }

    /// Lets the user pass through a directory without seeing what is in it.
    func letThrough(_ directory: String) throws(AgentError) {
        guard chown(directory, uid_t.max, shim.group) == 0, chmod(directory, 0o710) == 0 else {
            throw FileAccess.failure("change the group of", directory)
        }
    }

    /// Makes a directory of the user's own.
    func give(_ directory: String) throws(AgentError) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST, chown(directory, shim.id, shim.group) == 0 else {
            throw FileAccess.failure("create", directory)
        }
    }
}

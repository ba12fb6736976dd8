import Glibc
import ShimProtocol

/// Who besides root and the agent's own user can change a file, or put another in its place.
enum FileTrust {
    /// Says who, and where; `nil` when nobody can, or there is no such file. The owners and modes of the file that is meant
    /// in the end, of the directory of each link's name, and of every directory above these are looked at; access control
    /// lists are not.
    static func exposure(of path: String) -> String? {
        guard let real = resolved(path) else { return nil }
        var places = [real] + above(real)
        // A name that leads elsewhere can be changed where it stands.
        if let home = resolved(FileAccess.parent(of: path)) { places += [home] + above(home) }
        for place in places {
            if let who = strangers(at: place, isTarget: place == real) { return "\(who) can change \(place)" }
        }
        return nil
    }

    /// Where a path leads in the end; `nil` when it leads nowhere.
    static func resolved(_ path: String) -> String? {
        guard let buffer = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(buffer) }
        return unsafe String(cString: buffer)
    }

    /// Whether a user may run a file, by its mode and those of the directories above it.
    static func mayRun(_ path: String, _ user: ShimUser) -> Bool {
        guard user.id != 0 else { return true }
        guard let real = resolved(path), let home = resolved(FileAccess.parent(of: path)) else { return false }
        return ([real, home] + above(real) + above(home)).allSatisfy { place in
            var status = stat()
            guard stat(place, &status) == 0 else { return false }
            let isOfGroup = status.st_gid == user.group || user.groups.contains(status.st_gid)
            let bit: mode_t = status.st_uid == user.id ? 0o100 : isOfGroup ? 0o010 : 0o001
            return status.st_mode & bit != 0
        }
    }

    private static func above(_ path: String) -> [String] {
        var places: [String] = []
        var path = path
        while path != "/" {
            path = FileAccess.parent(of: path)
            places.append(path)
        }
        return places
    }

    private static func strangers(at path: String, isTarget: Bool) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            let name = unsafe getpwuid(status.st_uid).map { unsafe String(cString: $0.pointee.pw_name) }
            return "user \(name ?? "\(status.st_uid)")"
        }
        // In such a directory each may only change what is their own.
        if !isTarget, status.st_mode & S_ISVTX != 0 { return nil }
        if status.st_mode & 0o002 != 0 { return "everybody" }
        if status.st_mode & 0o020 != 0, status.st_gid != 0, status.st_gid != getegid() {
            let name = unsafe getgrgid(status.st_gid).map { unsafe String(cString: $0.pointee.gr_name) }
            return "group \(name ?? "\(status.st_gid)")"
        }
        return nil
    }
}

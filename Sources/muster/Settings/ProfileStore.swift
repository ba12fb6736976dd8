import FleetClient
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps what `login` learned in a file that only its owner may read.
struct ProfileStore {
    /// The directory.
    let directory: String

    /// `$MUSTER_CONFIG`, else `$XDG_CONFIG_HOME/muster`, else `~/.config/muster`.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let directory = environment["MUSTER_CONFIG"], !directory.isEmpty {
            self.directory = directory
        } else if let base = environment["XDG_CONFIG_HOME"], !base.isEmpty {
            directory = "\(base)/muster"
        } else {
            directory = "\(environment["HOME"] ?? NSHomeDirectory())/.config/muster"
        }
    }

    /// The file.
    var path: String { "\(directory)/profile.json" }

    /// Reads the profile.
    func load() throws -> OperatorProfile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                "you are not logged in: there is no \(path)",
                hint: "log in: muster login https://HOST:7444 --credentials FILE"
            )
        }
        do {
            return try JSONDecoder().decode(OperatorProfile.self, from: data)
        } catch {
            throw CommandFailure(
                "\(path) is damaged, or of another version of muster",
                hint: "log in again: muster login https://HOST:7444 --credentials FILE"
            )
        }
    }

    /// Replaces the profile at once: a new file of mode 0600 is renamed over the old one.
    func save(_ profile: OperatorProfile) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let temporary = "\(path).\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            let data = try encoder.encode(profile)
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: data)
            try handle.synchronize()
            try handle.close()
            guard rename(temporary, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        } catch {
            unlink(temporary)
            throw CommandFailure(
                "cannot write \(path): \(error.localizedDescription)",
                hint: "check the directory's owner, or name another one with MUSTER_CONFIG"
            )
        }
    }
}

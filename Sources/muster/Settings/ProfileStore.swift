import Fleet
import FleetClient
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps what `login` learned, one file a context, which only its owner may read; and which one is current.
struct ProfileStore {
    /// The context of a login that names none.
    static let usual = "default"

    /// The directory.
    let directory: String
    /// The context that was asked for; `nil` for the current one.
    private let asked: String?

    /// `$MUSTER_CONFIG`, else `$XDG_CONFIG_HOME/muster`, else `~/.config/muster`.
    ///
    /// - Parameter context: `nil` for `$MUSTER_CONTEXT`, or the current one.
    init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        context: String? = GlobalOptions.current.context
    ) {
        if let directory = environment["MUSTER_CONFIG"], !directory.isEmpty {
            self.directory = directory
        } else if let base = environment["XDG_CONFIG_HOME"], !base.isEmpty {
            directory = "\(base)/muster"
        } else {
            directory = "\(environment["HOME"] ?? NSHomeDirectory())/.config/muster"
        }
        let variable = environment["MUSTER_CONTEXT"].flatMap { $0.isEmpty ? nil : $0 }
        asked = context ?? variable
    }

    /// The context that commands use.
    var context: String { asked ?? current ?? Self.usual }

    /// The file of a context.
    func path(of context: String) -> String { "\(directory)/contexts/\(context).json" }

    /// The contexts that there are, by name.
    var contexts: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/contexts")) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
            .filter { NameRule.problem(withName: $0) == nil }.sorted()
    }

    /// What `muster context use` said last.
    var current: String? {
        guard let data = FileManager.default.contents(atPath: "\(directory)/current-context") else { return nil }
        let name = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return NameRule.problem(withName: name) == nil ? name : nil
    }

    /// A context's name; anything else is refused with exit code 64.
    static func checked(_ name: String) throws -> String {
        guard let problem = NameRule.problem(withName: name) else { return name }
        throw CommandFailure.usage("the context '\(name)' \(problem)", hint: "write it like prod or lyon-test")
    }

    /// Reads the profile of the context that commands use.
    func load() throws -> OperatorProfile { try load(try Self.checked(context)) }

    /// Reads the profile of a context.
    func load(_ name: String) throws -> OperatorProfile {
        let path = path(of: name)
        guard let data = FileManager.default.contents(atPath: path) else {
            let others = contexts
            guard name == Self.usual || others.isEmpty else {
                let nearest = NearestName.of(name, among: others).map { "did you mean '\($0)'? " } ?? ""
                throw CommandFailure(
                    .unknownContext,
                    "there is no context '\(name)': there is no \(path)",
                    hint: "\(nearest)see 'muster context list', or log in: muster login URL --context \(name)"
                )
            }
            throw CommandFailure(
                .notLoggedIn,
                "you are not logged in: there is no \(path)",
                hint: others.isEmpty
                    ? "log in: muster login https://HOST:7444 --credentials FILE"
                    : "say which of your contexts is meant: muster context use \(others[0])"
            )
        }
        do {
            return try JSONDecoder().decode(OperatorProfile.self, from: data)
        } catch {
            throw CommandFailure(
                .localFile,
                "\(path) is damaged, or of another version of muster",
                hint: "log in again: muster login https://HOST:7444 --credentials FILE"
            )
        }
    }

    /// Keeps a profile as the context that was asked for, and makes that the current one.
    ///
    /// - Returns: the context's name.
    func save(_ profile: OperatorProfile) throws -> String {
        let name = try Self.checked(asked ?? Self.usual)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/contexts",
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try write(try encoder.encode(profile), to: path(of: name))
        } catch {
            throw unwritten(path(of: name), error)
        }
        try use(name)
        return name
    }

    /// Makes a context the current one.
    func use(_ name: String) throws {
        let path = "\(directory)/current-context"
        do {
            try write(Data("\(name)\n".utf8), to: path)
        } catch {
            throw unwritten(path, error)
        }
    }

    /// Forgets a context.
    func delete(_ name: String) throws {
        do {
            try FileManager.default.removeItem(atPath: path(of: name))
        } catch {
            throw unwritten(path(of: name), error)
        }
    }

    /// A new file of mode 0600 is renamed over the old one.
    private func write(_ data: Data, to path: String) throws {
        let temporary = "\(path).\(getpid())"
        do {
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: data)
            try handle.synchronize()
            try handle.close()
            guard rename(temporary, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func unwritten(_ path: String, _ error: any Error) -> CommandFailure {
        CommandFailure(
            .localFile,
            "cannot write \(path): \(error.localizedDescription)",
            hint: "check the directory's owner, or name another one with MUSTER_CONFIG"
        )
    }
}

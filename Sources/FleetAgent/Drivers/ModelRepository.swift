import Fleet
import Glibc
import ShimProtocol

/// One model's directories in the repository out of which a server loads: `MODEL`, and `MODEL.AGENT-START` for each start of an
/// agent, such as `fraud.muster-1a2b3c4d5e6f-0f3a9b1c-2`, that does not have the public name. Blocks: not for an event loop.
///
/// Files are copies: a server whose user could change what the agent keeps by digest would be changing what it proves. Nothing
/// is made durable: after a power cut the server has forgotten its models, and each is copied anew.
struct ModelRepository: Sendable {
    /// What says whose a directory is; the server does not look at it.
    private static let file = ".muster"
    private static let format = "muster-model/1"

    /// Whose a directory is.
    struct Mark: Hashable, Sendable {
        var agent: String
        var deployment: String
        var start: String

        var text: String { "\(ModelRepository.format)\nagent \(agent)\ndeployment \(deployment)\nstart \(start)\n" }

        init(agent: String, deployment: String, start: String) {
            self.agent = agent
            self.deployment = deployment
            self.start = start
        }

        init?(text: String) {
            guard let lines = NamedLines(text, format: ModelRepository.format), let agent = lines["agent"],
                let deployment = lines["deployment"], let start = lines["start"], !"\(agent)\(start)".contains("/")
            else { return nil }
            self.init(agent: agent, deployment: deployment, start: start)
        }
    }

    /// The repository, absolute.
    let path: String
    /// The public name.
    let model: String
    /// What this agent's marks are called.
    let agent: String

    /// What a start is called until it has the public name.
    func privateName(_ start: String) -> String { privateName(start, of: agent) }

    private func privateName(_ start: String, of agent: String) -> String { "\(model).\(agent)-\(start)" }

    func directory(_ name: String) -> String { "\(path)/\(name)" }

    /// Whether there is a directory of this name.
    func exists(_ name: String) -> Bool { FileAccess.exists(directory(name)) }

    /// Whose a directory is; `nil` when Muster did not put it there, or there is none. A mark is believed where the agent's user
    /// alone can have written it.
    func mark(of name: String) -> Mark? {
        let file = "\(directory(name))/\(Self.file)"
        guard Self.isOwn(directory(name), kind: S_IFDIR), Self.isOwn(file, kind: S_IFREG),
            let text = try? FileAccess.readText(file)
        else { return nil }
        return Mark(text: text)
    }

    private static func isOwn(_ path: String, kind: mode_t) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == kind && status.st_uid == geteuid()
            && status.st_mode & 0o022 == 0
    }

    /// Whether a start of this agent has the public name.
    func hasName(_ start: String) -> Bool { mark(of: model).map { $0.agent == agent && $0.start == start } ?? false }

    /// Why a deployment may not have the public name here; `nil` when it may.
    func refusal(to deployment: String, on host: String) -> String? {
        guard exists(model) else { return nil }
        guard let mark = mark(of: model) else {
            return
                "there is a model '\(model)' in \(path) on \(host) already, which Muster did not put there: unload it and move "
                + "\(directory(model)) away, or give the model another name"
        }
        guard mark.agent == agent else {
            return
                "the model '\(model)' in \(path) on \(host) belongs to another agent's deployment (\(mark.deployment)): one server "
                + "holds one model of a name; remove that deployment there first (if that agent is gone, unload the model and "
                + "remove \(directory(model))), or give the model another name"
        }
        guard mark.deployment != deployment else { return nil }
        return
            "the model '\(model)' in \(path) on \(host) belongs to another deployment (\(mark.deployment)): one server holds one "
            + "model of a name; remove that deployment from this host first, or give the model another name"
    }

    /// Copies a bundle's files to a start's private name, readable for whoever may read the repository.
    func place(_ bundle: String, deployment: String, start: String) throws(AgentError) {
        let mark = Mark(agent: agent, deployment: deployment, start: start)
        let target = directory(privateName(start))
        FileAccess.remove(target)
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileAccess.failure("read", path) }
        let readers = Readers(mode: status.st_mode & 0o777, group: status.st_gid)
        do throws(AgentError) {
            try Self.copy(bundle, to: target, for: readers)
            let file = "\(target)/\(Self.file)"
            try FileAccess.replace(file, with: Array(mark.text.utf8))
            readers.admit(file, isDirectory: false, isProgram: false)
        } catch {
            FileAccess.remove(target)
            throw error
        }
    }

    /// Gives a start the public name; what had it gets its private one back.
    func publish(_ start: String) throws(AgentError) {
        // Of an agent that has lost its journal, and counts its starts from one again.
        let forgotten = "\(privateName(start)).forgotten"
        FileAccess.remove(directory(forgotten))
        if let mark = mark(of: model) {
            let isSame = mark.agent == agent && mark.start == start
            guard !isSame || exists(privateName(start)) else { return touch(directory(model)) }
            try rename(model, to: isSame ? forgotten : privateName(mark.start, of: mark.agent))
        }
        try rename(privateName(start), to: model)
        FileAccess.remove(directory(forgotten))
        // A server takes files that are not newer than those it has loaded for the same ones, and loads nothing.
        touch(directory(model))
    }

    /// Removes a start's directory, whichever of its names it has.
    func remove(_ start: String) {
        if hasName(start) { FileAccess.remove(directory(model)) }
        FileAccess.remove(directory(privateName(start)))
    }

    /// Removes what is left of starts that are over.
    func sweep(keeping starts: Set<String>) {
        for name in FileAccess.names(in: path) where name.hasPrefix("\(model).\(agent)-") {
            guard let mark = mark(of: name), mark.agent == agent, name == privateName(mark.start),
                !starts.contains(mark.start)
            else { continue }
            FileAccess.remove(directory(name))
        }
    }

    private func rename(_ name: String, to other: String) throws(AgentError) {
        guard Glibc.rename(directory(name), directory(other)) == 0 else {
            throw FileAccess.failure("rename", directory(name))
        }
    }

    /// Everything in it is new now.
    private func touch(_ path: String) {
        for name in FileAccess.names(in: path) {
            let below = "\(path)/\(name)"
            var status = stat()
            guard lstat(below, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR { touch(below) } else { Self.renew(below) }
        }
        Self.renew(path)
    }

    private static func renew(_ path: String) { _ = utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW) }

    // MARK: Copies

    /// Bytes of all files below a directory.
    static func bytes(in directory: String) -> Int64 {
        FileAccess.names(in: directory).reduce(0) { sum, name in
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return sum }
            return sum + (status.st_mode & S_IFMT == S_IFDIR ? bytes(in: path) : Int64(status.st_size))
        }
    }

    /// Whoever may read the repository may read what is put into it, and nobody but the agent may change that.
    private struct Readers {
        var mode: mode_t
        var group: gid_t

        func admit(_ path: String, isDirectory: Bool, isProgram: Bool) {
            // Without the right to give it away the group stays: then a directory's set-group-ID bit has given it, or all may read.
            _ = lchown(path, uid_t.max, group)
            let enter: mode_t = isDirectory || isProgram ? mode & 0o011 | 0o100 : 0
            chmod(path, mode & 0o044 | 0o600 | enter)
        }
    }

    private static func copy(_ source: String, to target: String, for readers: Readers) throws(AgentError) {
        var status = stat()
        guard lstat(source, &status) == 0 else { throw FileAccess.failure("read", source) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            try copyFile(source, to: target)
            return readers.admit(target, isDirectory: false, isProgram: status.st_mode & 0o100 != 0)
        }
        guard mkdir(target, 0o700) == 0 else { throw FileAccess.failure("create", target) }
        for name in try FileAccess.listing(source) {
            try copy("\(source)/\(name)", to: "\(target)/\(name)", for: readers)
        }
        readers.admit(target, isDirectory: true, isProgram: false)
    }

    private static func copyFile(_ source: String, to target: String) throws(AgentError) {
        let from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard from >= 0 else { throw FileAccess.failure("read", source) }
        defer { close(from) }
        let to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard to >= 0 else { throw FileAccess.failure("create", target) }
        defer { close(to) }
        while true {
            let count = sendfile(to, from, nil, 1 << 30)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw FileAccess.failure("write", target)
            }
            if count == 0 { return }
        }
    }
}

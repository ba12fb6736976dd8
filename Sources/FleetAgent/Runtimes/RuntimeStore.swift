import DaemonKit
import Fleet
import Glibc
import Logging
import NIOPosix
import ShimProtocol

/// What runtimes bring along, on this host. Files are fetched and verified as a model's are; wheels then become an
/// environment, once for each bundle and interpreter, shared by every replica that has it in its revision.
///
/// An environment is made where it will be used, since it names its own path, by the user whom replicas run as, without a
/// network; then the agent takes it over, so that no replica can change what others run. The record of it is written last: what
/// has none is thrown away and made again.
struct RuntimeStore: Sendable {
    /// How long an environment may take.
    static let timeout = Span.seconds(1800)
    /// How many times the bytes of its wheels an environment takes at most: they are packed, and compiled files join them.
    static let growth: Int64 = 6
    /// What stays for pip's own files, in bytes.
    private static let margin: Int64 = 64 << 20
    /// How much of what pip said is told, in characters.
    private static let said = 800

    let bundles: BundleStore
    let driver: ProcessDriver
    let logger: Logger

    private var files: AgentFiles { bundles.files }

    /// Makes sure that what a revision's runtime brings is here, whole.
    ///
    /// - Throws: as `BundleStore.ensure`; `refused` when no environment can be made of it.
    func ensure(_ content: RevisionContent) async throws {
        guard let bundle = content.runtime.bundle, let digest = bundle.digest else { return }
        _ = try await bundles.ensure(digest) { directory, list in
            guard bundle.install == .wheels else { return }
            try await install(content, digest, list, from: directory)
        }
    }

    /// Bytes of a runtime's environment that are there while it is made: for whoever waits for it.
    func installed(of content: RevisionContent) -> Int64 {
        guard let bundle = content.runtime.bundle, let digest = bundle.digest, bundle.install == .wheels else {
            return 0
        }
        let place = files.installation(of: digest, python: bundle.interpreter)
        return FileAccess.exists("\(place)/tmp") ? EnvironmentTree.bytes(in: "\(place)/env") : 0
    }

    /// What of a runtime's environment is not as it was made, slowly looked for; `nil` when all is, or there is none.
    func damage(in content: RevisionContent) async throws -> String? {
        guard let bundle = content.runtime.bundle, let digest = bundle.digest, bundle.install == .wheels else {
            return nil
        }
        let place = files.installation(of: digest, python: bundle.interpreter)
        return try await NIOThreadPool.singleton.runIfActive { try Self.damage(in: place) }
    }

    /// An environment stays with the interpreter that made it, whatever its name leads to by now, for as long as that is there.
    private static func damage(in place: String) throws -> String? {
        guard let record = RuntimeInstallation(in: place, on: SystemDisk()) else { return "the runtime's environment" }
        guard access(record.python, X_OK) == 0 else { return "the interpreter of the runtime's environment" }
        let isWhole = try EnvironmentTree(of: "\(place)/env").seal == record.seal
        return isWhole ? nil : "the runtime's environment"
    }

    private func install(
        _ content: RevisionContent,
        _ digest: Digest,
        _ list: BundleList,
        from directory: String
    ) async throws {
        guard let damage = try await damage(in: content) else { return }
        let python = try driver.interpreter(of: content)
        guard let bundle = content.runtime.bundle, let python else {
            throw AgentError(.refused, try driver.interpreterProblem(content) ?? "the interpreter has gone")
        }
        let place = files.installation(of: digest, python: bundle.interpreter)
        // Taking it away would take down what serves: an interpreter reads its files as it needs them.
        if let pid = try await NIOThreadPool.singleton.runIfActive({ try EnvironmentTree.user(of: place) }) {
            return logger.error(
                "a runtime's environment is not as it was made; it is left as it is, since a process runs from it",
                metadata: ["bundle": "\(digest)", "what": "\(damage)", "pid": "\(pid)"]
            )
        }
        if FileAccess.exists("\(place)/\(RuntimeInstallation.file)") {
            logger.warning(
                "a runtime's environment is not as it was made; it is made again",
                metadata: ["bundle": "\(digest)", "what": "\(damage)"]
            )
        }
        let wheels = try WheelSet(list, of: digest)
        let room = list.totalSize * Self.growth + Self.margin
        bundles.collector.claim(digest, BundleClaim(environmentOf: digest, list, bytes: room))
        try await bundles.collector.makeRoom(for: digest)
        let began = bundles.blobs.time.elapsed().milliseconds
        do {
            let user = try driver.installer(of: content.runtime)
            try await NIOThreadPool.singleton.runIfActive { try prepare(place, wheels: directory, for: user) }
            try await make(wheels, from: directory, in: place, python: python, as: user, room: room)
            let record = try await NIOThreadPool.singleton.runIfActive { try finish(place, python: python) }
            logger.info(
                "environment of a runtime made",
                metadata: [
                    "bundle": "\(digest)", "bytes": "\(record.bytes)",
                    "ms": "\(bundles.blobs.time.elapsed().milliseconds - began)",
                ]
            )
        } catch {
            // Out of the way at once, whoever gave it up; what is left goes with the next collection at the latest.
            let gone = "\(files.removed)/\(place.split(separator: "/").last ?? "")-\(began)"
            try? bundles.disk.rename(place, to: gone)
            try? await NIOThreadPool.singleton.runIfActive { FileAccess.remove(gone) }
            throw error
        }
    }

    /// Makes the places, and lets the user at what it needs.
    private func prepare(_ place: String, wheels: String, for user: ReplicaUser?) throws(AgentError) {
        FileAccess.remove(place)
        try FileAccess.makeDirectory(place)
        // Whoever gets past the data directory may pass; nobody sees what else there is.
        guard chmod(files.runtimes, 0o711) == 0 else { throw FileAccess.failure("change the mode of", files.runtimes) }
        guard chmod(place, 0o711) == 0 else { throw FileAccess.failure("change the mode of", place) }
        for name in ["env", "tmp"] {
            guard let user else {
                try FileAccess.makeDirectory("\(place)/\(name)")
                continue
            }
            try user.give("\(place)/\(name)")
        }
        guard let user else { return }
        for directory in [files.directory, files.models] { try user.letThrough(directory) }
        try user.share(wheels)
    }

    private func make(
        _ wheels: WheelSet,
        from directory: String,
        in place: String,
        python: String,
        as user: ReplicaUser?,
        room: Int64
    ) async throws {
        let environment = "\(place)/env"
        let question = HostQuestion(
            launcher: driver.launcher,
            directory: files.asks,
            user: user,
            time: bundles.blobs.time
        )
        let bounds = HostQuestion.Bounds(
            timeout: Self.timeout,
            fileSize: UInt64(clamping: room),
            directory: "\(place)/tmp",
            isErrand: true
        )
        let commands = [
            [python, "-I", "-m", "venv", "--without-pip", environment],
            wheels.command(python: "\(environment)/bin/python", in: directory),
        ]
        for (index, command) in commands.enumerated() {
            let answer = try await question.ask(
                command,
                environment: [
                    "HOME=\(place)/tmp", "TMPDIR=\(place)/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin",
                ],
                name: "install-\(place.split(separator: "/").last ?? "")-\(index)",
                bounds: bounds
            )
            guard answer.exit == .code(0) else { throw refusal(of: answer, command, python) }
        }
    }

    private func refusal(of answer: HostQuestion.Answer, _ command: [String], _ python: String) -> AgentError {
        let host = driver.settings.name
        let lines = answer.output.split(separator: "\n").filter {
            !$0.hasPrefix("WARNING") && !$0.hasPrefix("[notice]")
        }
        let text = lines.joined(separator: " ")
        let said = text.isEmpty ? "" : ", and said: \(text.count > Self.said ? "…" : "")\(text.suffix(Self.said))"
        guard !text.contains("cannot leave the network") else {
            return AgentError(
                .refused,
                "the runtime's environment cannot be made on \(host) without a network, and with one it is not made: \(text); "
                    + "nothing was changed: allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or "
                    + "user.max_user_namespaces), and RestrictNamespaces= in the agent's unit if it forbids them"
            )
        }
        let isPip = command.contains("install")
        return AgentError(
            .refused,
            "no environment can be made of the runtime's wheels on \(host): \(isPip ? "pip" : "`\(python) -m venv`") ended with "
                + "\(answer.exit)\(said); nothing was changed: "
                + (isPip
                    ? "complete the set for this host's interpreter (\(python)) with `pip download`, and push it again"
                    : "install the interpreter's module venv, or name another interpreter in the runtime's bundle.python")
        )
    }

    /// Takes the environment over, makes it durable and says that it is there.
    private func finish(_ place: String, python: String) throws(AgentError) -> RuntimeInstallation {
        FileAccess.remove("\(place)/tmp")
        try EnvironmentTree.takeOver("\(place)/env")
        let record = RuntimeInstallation(python: python, tree: try EnvironmentTree(of: "\(place)/env"))
        try EnvironmentTree.makeDurable("\(place)/env")
        guard let bytes = try? JSONCoding.encode(record) else {
            throw AgentError(.files, "the record of \(place) cannot be written")
        }
        try FileAccess.replace("\(place)/\(RuntimeInstallation.file)", with: bytes)
        return record
    }
}

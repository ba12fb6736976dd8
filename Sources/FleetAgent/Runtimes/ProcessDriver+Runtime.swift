import Fleet
import Glibc
import ShimProtocol

/// What runtimes bring along, as far as a host's own programs and users have to do with it.
extension ProcessDriver {
    /// Whether what a runtime brings stands here, so that it can be asked what is in it.
    func isBrought(_ runtime: RuntimeProfile) -> Bool {
        guard let bundle = runtime.bundle, let digest = bundle.digest else { return true }
        return switch bundle.install {
        case .directory: FileAccess.exists(files.bundle(digest))
        case .wheels:
            FileAccess.exists(
                "\(files.installation(of: digest, python: bundle.interpreter))/\(RuntimeInstallation.file)"
            )
        }
    }

    /// The file of the interpreter that makes a runtime's environment; `nil` when it is not installed.
    func interpreter(of content: RevisionContent) throws(AgentError) -> String? {
        guard let bundle = content.runtime.bundle, bundle.install == .wheels else { return nil }
        let texts = texts(content, deployment: "", ports: [:], directory: "")
        let found = file(of: bundle.interpreter, searchPath: texts.hostPath(try texts.searchPath()))
        return found.flatMap { access($0, X_OK) == 0 ? $0 : nil }
    }

    /// Why no environment can be made of what a runtime brings; `nil` when that is no reason.
    func interpreterProblem(_ content: RevisionContent) throws(AgentError) -> String? {
        guard let bundle = content.runtime.bundle, bundle.install == .wheels, try interpreter(of: content) == nil else {
            return nil
        }
        return
            "'\(bundle.interpreter)', which makes the environment of runtime '\(content.runtime.name)', is not installed on "
            + "\(settings.name); install it, or name another in the runtime's bundle.python"
    }

    /// Who makes a runtime's environment: whom its replicas run as, or where systemd makes that user for each start, in whose
    /// group such users are. The agent's own user when `nil`.
    func installer(of runtime: RuntimeProfile) throws(AgentError) -> ReplicaUser? {
        if let user = housing.user { return user }
        guard runtime.driver == .systemd, housing.capabilities.missing[.otherUser] == nil else { return nil }
        let reader = try systemd.identity(runtime.systemd ?? .standard).1
        return reader.shim.id == geteuid() ? nil : reader
    }
}

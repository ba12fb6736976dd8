import Fleet
import NIOPosix

/// What is looked at before anything moves.
extension ExternalDriver {
    /// What stands in the way of a revision.
    ///
    /// - Parameters:
    ///   - bundle: the model's directory, once it is here.
    ///   - isAwaited: whether a server that does not answer is none of it: it is waited for.
    func problems(
        with content: RevisionContent,
        deployment: String,
        bundle: String?,
        isAwaited: Bool
    ) async throws -> [String] {
        guard let settings = content.runtime.external else {
            return ["runtime '\(content.runtime.name)' does not say which server holds its models"]
        }
        if let problem = Self.problem(withNameOf: content) { return [problem] }
        let repository = ModelRepository(path: settings.repository, model: content.model.name, agent: name)
        let server = server(of: settings)
        var problems = try await NIOThreadPool.singleton.runIfActive { [host] in
            self.problems(of: repository, at: server, deployment: deployment)
                + (bundle.map { Self.problems(withBundle: $0, of: content, repository: repository, host: host) } ?? [])
        }
        if let golden = content.probe, ReplicaProbe.path(golden.path, asking: "", insteadOf: content.model.name) == nil
        {
            problems.append(
                "the golden probe asks '\(golden.path)', which does not name model '\(content.model.name)', so that a version cannot "
                    + "be asked before it has that name: write /v2/models/\(content.model.name)/infer"
            )
        }
        do {
            switch try await server.index() {
            case .absent where isAwaited, .silent where isAwaited: break
            case .absent(let why), .silent(let why):
                problems.append(
                    "the server at \(server.place) on \(host) does not answer: \(why); start it, or correct 'external' in "
                        + "runtime '\(content.runtime.name)'"
                )
            case .said(let index):
                guard index.isHeld(content.model.name), !repository.exists(content.model.name) else { break }
                problems.append(
                    "the server at \(server.place) on \(host) holds a model '\(content.model.name)' that is not out of "
                        + "\(settings.repository): unload it, or correct 'external.repository'"
                )
            }
        } catch let error as AgentError {
            problems.append(error.message)
        }
        return problems
    }

    /// The name becomes a directory's, and a part of what the server is asked: nobody but manifests has looked at it.
    static func problem(withNameOf content: RevisionContent) -> String? {
        NameRule.problem(withName: content.model.name).map {
            "'\(content.model.name.prefix(80))' is no name of a model (\($0)): see what the controller sends"
        }
    }

    private func problems(
        of repository: ModelRepository,
        at server: RepositoryServer,
        deployment: String
    ) -> [String] {
        if let problem = Self.refusal(of: repository.path) {
            return [
                "models cannot be put into \(repository.path) on \(host): \(problem); make it a directory that the agent's user "
                    + "(\(HostSystem.user)) alone may write and the server's user may read, or correct 'external.repository'"
            ]
        }
        return [refusal(of: repository, at: server, to: deployment)].compactMap(\.self)
    }

    /// Why nothing can be put into a directory; `nil` when it can. Who else can change it could have the agent write elsewhere, and
    /// the server load what was not proven.
    static func refusal(of path: String) -> String? {
        FileAccess.obstacle(toWritingInto: path) ?? FileTrust.exposure(of: path)
    }

    private static func problems(
        withBundle bundle: String,
        of content: RevisionContent,
        repository: ModelRepository,
        host: String
    ) -> [String] {
        var problems: [String] = []
        let model = content.model
        let names = FileAccess.names(in: bundle)
        if !names.contains(where: { UInt($0) != nil }) {
            problems.append(
                "the files of \(model.name) \(model.version) are no model of a repository: they hold no directory of a version, "
                    + "like 1/; push the model's own directory, with \(ModelConfiguration.file) and 1/ at its top"
            )
        }
        let text = try? FileAccess.readText("\(bundle)/\(ModelConfiguration.file)")
        if let written = text.flatMap({ $0 }).flatMap(ModelConfiguration.name(in:)) {
            problems.append(
                "\(ModelConfiguration.file) of \(model.name) \(model.version) says that the model is called '\(written)', and a "
                    + "version is loaded under another name first: remove its line `name:`, and push the version again"
            )
        }
        let bytes = ModelRepository.bytes(in: bundle)
        if let free = try? SystemDisk().free(at: repository.path), free < bytes {
            problems.append(
                "\(repository.path) on \(host) has \(ByteQuantity(bytes: free)) free, and a copy of \(model.name) "
                    + "\(model.version) takes \(ByteQuantity(bytes: bytes)): free some, or move the repository"
            )
        }
        return problems
    }

    /// Why a deployment may not have a public name on a server; `nil` when it may.
    func refusal(
        of repository: ModelRepository,
        at server: RepositoryServer,
        to deployment: String
    ) -> String? {
        if let refusal = repository.refusal(to: deployment, on: host) { return refusal }
        guard let mark = repository.mark(of: repository.model),
            let other = ExternalHandle(in: files.replica(mark.start)).map({ self.server(of: $0) }),
            other.place != server.place
        else { return nil }
        return
            "the model '\(repository.model)' in \(repository.path) on \(host) is loaded by the server at \(other.place), and the runtime "
            + "names the one at \(server.place): give that a repository of its own, or remove the deployment from this host first"
    }
}

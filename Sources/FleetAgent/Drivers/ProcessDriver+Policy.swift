import Fleet
import Glibc

/// What the host's policy says to a revision. It is asked before anything moves, and again right before anything is run.
extension ProcessDriver {
    /// Everything that the policy does not allow, or why the policy cannot be used.
    func policyProblems(_ content: RevisionContent, _ endpoint: Endpoint?) -> [String] {
        do {
            let rule = PolicyRule(policy: try policy.policy(), host: settings.name)
            return rule.problems(with: try question(content, endpoint))
        } catch {
            return [error.message]
        }
    }

    /// Where a program is found, as it is run: what was asked about must be what is started. What the replica's user cannot
    /// run is passed over, as it would be by that user. `nil` when it is not installed.
    func file(of program: String, searchPath: String) -> String? {
        guard !program.contains("/") else { return program }
        return Self.candidates(program, searchPath).first { file in
            access(file, X_OK) == 0 && housing.user.map { FileTrust.mayRun(file, $0.shim) } != false
        }
    }

    /// Whom a replica would run as: the agent's choice, or the runtime's where systemd holds it. Nobody where nothing is started.
    private func user(of runtime: RuntimeProfile) -> (name: String?, isRoot: Bool) {
        switch runtime.driver {
        case .external: return (nil, false)
        case .process: return (housing.capabilities.replicaUser, housing.capabilities.isRoot)
        case .container:
            let (id, group) = containers.numbers(runtime)
            return ((try? ReplicaUser(named: "\(id)"))?.name ?? "\(id)", id == 0 || group == 0)
        case .systemd: break
        }
        let dynamic = RuntimeProfile.SystemdSettings.dynamicUser
        let name = runtime.systemd?.user ?? systemd.user?.name ?? dynamic
        let known = name == dynamic ? nil : try? ReplicaUser(named: name)
        return (known?.name ?? name, known?.isRoot == true)
    }

    private static func candidates(_ program: String, _ path: String) -> [String] {
        path.split(separator: ":").map { $0.hasSuffix("/") ? "\($0)\(program)" : "\($0)/\(program)" }
    }

    private func question(_ content: RevisionContent, _ endpoint: Endpoint?) throws(AgentError) -> PolicyQuestion {
        let runtime = content.runtime
        let isContainer = runtime.driver == .container
        let modelDirectory = files.bundle(content.model.bundle)
        // Which ports it will have is not known yet, and nothing here depends on it.
        let ports = Dictionary(uniqueKeysWithValues: Set(runtime.ports).map { ($0, UInt16(0)) })
        let texts = texts(content, deployment: "", ports: ports, directory: modelDirectory)
        let path = try texts.searchPath()
        let command = try texts.command()
        let requires = runtime.requires ?? []
        var named = command.dropFirst().map {
            PolicyQuestion.Text(place: "command of runtime '\(runtime.name)'", text: $0)
        }
        named += requires.flatMap { requirement in
            requirement.command.dropFirst().map { .init(place: "'requires' of runtime '\(runtime.name)'", text: $0) }
        }
        var secrets: [PolicyQuestion.Text] = []
        for (owner, variables) in [
            ("runtime '\(runtime.name)'", runtime.environment), ("the deployment", content.environment),
        ] {
            for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
                let place = "variable \(name) of \(owner)"
                switch value {
                case .text(let text): named.append(.init(place: place, text: try texts.expand(text)))
                case .file(let path): secrets.append(.init(place: place, text: path))
                }
            }
        }
        let user = user(of: runtime)
        let interpreter = runtime.bundle.flatMap { $0.install == .wheels ? $0.interpreter : nil }
        // In a container they are the image's, and so is what they name: nothing of the host is there but the model.
        let programs =
            isContainer ? [] : [command.first, interpreter].compactMap(\.self) + requires.compactMap(\.command.first)
        return PolicyQuestion(
            driver: runtime.driver,
            user: user.name,
            isRoot: user.isRoot,
            programs: programs.map { program in
                let file = file(of: program, searchPath: program == interpreter ? texts.hostPath(path) : path)
                return .init(
                    written: program,
                    path: file,
                    resolved: file.flatMap { FileTrust.resolved($0) },
                    exposure: file.flatMap { FileTrust.exposure(of: $0) }
                )
            },
            image: isContainer ? runtime.container.map(\.image) : nil,
            repository: runtime.driver == .external ? runtime.external?.repository : nil,
            texts: isContainer ? [] : named,
            secrets: secrets,
            port: endpoint?.port,
            modelDirectory: modelDirectory,
            bundle: runtime.bundle?.digest,
            runtimeDirectory: files.runtime(of: runtime),
            dataDirectory: FileTrust.resolved(files.directory) ?? files.directory
        )
    }
}

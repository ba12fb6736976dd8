import Fleet
import Glibc
import NIOPosix

/// What stands in the way of a replica, looked at before anything moves and again before its start.
extension ProcessDriver {
    /// Whether the revision could be started here, once `owned` ports are given back.
    ///
    /// - Parameters:
    ///   - takeover: whether the endpoint's port may be taken over from another program.
    ///   - isStaged: whether what it needs has been fetched.
    /// - Throws: `refused` with everything that stands in the way, or `CancellationError`.
    func preflight(
        _ content: RevisionContent,
        endpoint: Endpoint?,
        deployment: String,
        owned: Set<UInt16>,
        takeover: PortTakeover = PortTakeover(),
        isStaged: Bool = true
    ) async throws {
        // What is forbidden is asked nothing more, of systemd neither.
        try Self.refuse(policyProblems(content, endpoint))
        var problems = try await portProblems(
            content,
            endpoint,
            deployment: deployment,
            owned: owned,
            takeover: takeover
        )
        problems += try await externalProblems(content, endpoint, deployment, isStaged: isStaged, isAwaited: false)
        let (rule, own) = try await rule(for: content, isStaged: isStaged)
        problems += own + rule.problems(with: content, standing: reservations.standing(of: deployment))
        if let reason = try await unmetOnHost(of: content, endpoint) { problems.append(reason) }
        try Self.refuse(problems)
    }

    /// Looks again right before a start, and reserves what it needs; `release` gives it back.
    ///
    /// - Throws: as `preflight`.
    func reserve(_ content: RevisionContent, endpoint: Endpoint?, ticket: ReplicaTicket) async throws {
        try Self.refuse(policyProblems(content, endpoint))
        // Here a port is asked for by a server that binds it itself.
        var problems = try await portProblems(
            content,
            endpoint,
            deployment: ticket.deployment,
            owned: [],
            takeover: PortTakeover(refusal: "the model server listens on the port itself")
        )
        problems += try await externalProblems(content, endpoint, ticket.deployment, isStaged: true, isAwaited: true)
        if let reason = try await unmetOnHost(of: content, endpoint) { problems.append(reason) }
        let (rule, own) = try await rule(for: content)
        problems += own
        problems += reservations.take(
            content.resources,
            deployment: ticket.deployment,
            start: ticket.directoryName,
            problems: { rule.problems(with: content, standing: $0) }
        )
        try Self.refuse(problems)
    }

    /// Why the host's policy does not let a revision be served, or the host does not have what its runtime requires, the
    /// program itself included; `nil` when nothing of this stands in the way. For the way back: whether it could still be
    /// taken.
    ///
    /// - Throws: `CancellationError`.
    func unmetRequirement(of content: RevisionContent) async throws -> String? {
        if let reason = try await unmetOnHost(of: content, nil) { return reason }
        guard content.runtime.driver == .container else { return nil }
        return try await ContainerEngine.threads.runIfActive { [containers] in
            containers.problems(with: content, mustHave: true).problems.first
        }
    }

    private func unmetOnHost(of content: RevisionContent, _ endpoint: Endpoint?) async throws -> String? {
        // What is forbidden is not run to ask it something either.
        let forbidden = policyProblems(content, endpoint)
        guard forbidden.isEmpty else { return forbidden.joined(separator: "; and: ") }
        let lacking = secretProblems(content)
        guard lacking.isEmpty else { return lacking.joined(separator: "; and: ") }
        let texts = texts(content, deployment: "", ports: [:], directory: "")
        do {
            if let problem = try interpreterProblem(content) { return problem }
            // A container's program is its image's, and what runs already has been found.
            if ![.container, .external].contains(content.runtime.driver) {
                try checkProgram(of: content.runtime, texts)
            }
        } catch {
            return error.message
        }
        return try await requirements.unmet(
            content.runtime.requires ?? [],
            runtime: content.runtime.name,
            environment: texts.hostEnvironment()
        )
    }

    /// What a host can give under the revision's driver, and what stands in that driver's way.
    private func rule(
        for content: RevisionContent,
        isStaged: Bool = true
    ) async throws -> (rule: PreflightRule, problems: [String]) {
        var capabilities = housing.capabilities
        let missing: [HostCapabilities.Feature: String]
        let problems: [String]
        switch content.runtime.driver {
        case .process, .external: return (PreflightRule(host: settings.name, capabilities: capabilities), [])
        case .systemd:
            let proof = try await systemd.proven(host: settings.name)
            missing = proof.missing
            problems = systemd.problems(
                with: content.runtime.systemd ?? .standard,
                proof: proof,
                host: settings.name
            )
        case .container:
            (missing, problems) = try await ContainerEngine.threads.runIfActive { [containers] in
                containers.problems(with: content, mustHave: isStaged)
            }
        }
        for feature in [HostCapabilities.Feature.memoryLimit, .processorLimit, .processLimit] {
            capabilities.missing[feature] = missing[feature]
        }
        return (PreflightRule(host: settings.name, capabilities: capabilities), problems)
    }

    /// What stands in the way of a model in a server that runs already.
    private func externalProblems(
        _ content: RevisionContent,
        _ endpoint: Endpoint?,
        _ deployment: String,
        isStaged: Bool,
        isAwaited: Bool
    ) async throws -> [String] {
        guard content.runtime.driver == .external else { return [] }
        // An older controller does not know.
        let useless = content.withoutEffect(endpoint: endpoint).map { found in
            "'\(found.path.joined(separator: "."))' of the deployment has no effect with `driver: external`: \(found.reason); remove it"
        }
        return try await useless
            + external.problems(
                with: content,
                deployment: deployment,
                bundle: isStaged ? files.bundle(content.model.bundle) : nil,
                isAwaited: isAwaited
            )
    }

    private static func refuse(_ problems: [String]) throws(AgentError) {
        guard let first = problems.first else { return }
        let others = problems.dropFirst().map { "; and: \($0)" }.joined()
        throw AgentError(.refused, "\(first)\(others) (nothing was changed)")
    }

    private func portProblems(
        _ content: RevisionContent,
        _ endpoint: Endpoint?,
        deployment: String,
        owned: Set<UInt16>,
        takeover: PortTakeover
    ) async throws -> [String] {
        guard let endpoint else { return [] }
        guard content.runtime.ports.contains(endpoint.to) else {
            return [
                "the endpoint leads to port '\(endpoint.to)', which runtime '\(content.runtime.name)' does not have"
            ]
        }
        guard !ports.isPrivate(endpoint.port) else {
            return [
                "port \(endpoint.port) cannot be an endpoint on \(settings.name): it is one of those that this host gives to "
                    + "replicas (--private-ports); choose another endpoint.port, or start the agent with others"
            ]
        }
        // Nobody listens on a port that the kernel leads elsewhere.
        if let holder = ports.holder(of: endpoint.port, otherThan: deployment) {
            return [
                "port \(endpoint.port) on \(settings.name) is the endpoint of deployment '\(holder)', whose clients would be "
                    + "taken away: choose another endpoint.port, or remove '\(holder)' from this host first"
            ]
        }
        guard !owned.contains(endpoint.port), !ports.isFree(endpoint.port) else { return [] }
        let owner = try await NIOThreadPool.singleton.runIfActive {
            (try? TCPSockets.listeners(on: endpoint.port).first).flatMap { SocketOwner.of($0.inode) }
        }
        return [
            takeover.problem(with: endpoint.port, listenedOnBy: owner ?? "another program", host: settings.name)
        ].compactMap(\.self)
    }

    private func checkProgram(of runtime: RuntimeProfile, _ texts: ReplicaTexts) throws(AgentError) {
        guard let written = runtime.command.first else { return }
        let isOfRuntime = written.contains("{\(TextTemplate.runtimeDirectory)}")
        guard isOfRuntime || !written.contains("{") else { return }
        let program = try texts.expand(written)
        let path = try texts.searchPath()
        if let file = file(of: program, searchPath: path), access(file, X_OK) == 0 { return }
        // It may come with what is still to be brought: this is asked again when that is here.
        guard isBrought(runtime) else { return }
        guard !isOfRuntime else {
            throw AgentError(
                .refused,
                "'\(written)' is not in what runtime '\(runtime.name)' brings to \(settings.name), or is no program: there is no "
                    + "\(program); correct 'command', or push a bundle that has it"
            )
        }
        throw AgentError(
            .refused,
            "'\(program)' is not installed on \(settings.name): it is not in PATH (\(path)); install it, "
                + "or set PATH in the runtime's environment"
        )
    }
}

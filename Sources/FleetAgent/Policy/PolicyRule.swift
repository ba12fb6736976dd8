import Fleet

/// Whether a host's policy lets a revision be served: facts in, reasons out.
struct PolicyRule: Sendable {
    let policy: HostPolicy
    /// The host's name, for messages.
    let host: String

    /// Everything that the policy does not allow; nothing when all is allowed.
    func problems(with question: PolicyQuestion) -> [String] {
        var problems = [driver(question.driver), user(question)].compactMap(\.self)
        if let problem = question.bundle.flatMap(bundle) { problems.append(problem) }
        problems += question.programs.compactMap { executable($0, question) }
        if let image = question.image.flatMap(image) { problems.append(image) }
        if let repository = question.repository.flatMap(repository) { problems.append(repository) }
        problems += question.texts.flatMap { paths(in: $0, question) }
        problems += question.secrets.compactMap(secret)
        if let port = question.port.flatMap(port) { problems.append(port) }
        return problems
    }

    /// Whether replicas may run as a user at all; why not, for people.
    func user(_ user: String, isRoot: Bool) -> String? {
        guard let words = policy.words[.users] else {
            guard isRoot else { return nil }
            return
                "replicas run as \(user) on \(host), which \(policy.place(of: .users)) does not allow: give them another "
                + "user (`muster-agent run --replica-user USER`), run the agent as a user of its own, or write "
                + "`users = \(user)` to \(policy.file)"
        }
        guard !words.contains(user) else { return nil }
        return
            "replicas run as \(user) on \(host), and \(policy.place(of: .users)) allows \(policy.text(of: .users)) alone: "
            + "start the agent with --replica-user and one of these, or add \(user) there"
    }

    private func user(_ question: PolicyQuestion) -> String? {
        question.user.flatMap { user($0, isRoot: question.isRoot) }
    }

    private func driver(_ driver: RuntimeProfile.Driver) -> String? {
        guard let words = policy.words[.drivers], !words.contains(driver.rawValue) else { return nil }
        return "driver '\(driver.rawValue)' may not be used on \(host): \(policy.place(of: .drivers)) allows "
            + "\(policy.text(of: .drivers)) alone; use a runtime of another driver, or have it added there"
    }

    private func bundle(_ digest: Digest) -> String? {
        let words = policy.words[.bundles] ?? []
        guard !words.contains(HostPolicy.anyBundle), !words.contains(digest.description) else { return nil }
        return
            "the runtime's bundle \(digest) may not be installed on \(host): \(policy.place(of: .bundles)) allows "
            + "\(policy.text(of: .bundles))\(words.isEmpty ? "" : " alone"); use a runtime whose server is installed on the host, or "
            + "have the bundle allowed (`bundles = \(digest)`, or `bundles = any`, in \(policy.file))"
    }

    private func executable(_ program: PolicyQuestion.Program, _ question: PolicyQuestion) -> String? {
        // What is nowhere is not run: that it is not installed is said elsewhere.
        guard let path = program.path else { return nil }
        let name = path == program.written ? "'\(path)'" : "'\(program.written)' (\(path))"
        let refusal = "\(name) may not be run on \(host): "
        guard HostPolicy.isPlain(path) else {
            return refusal
                + "\(policy.place(of: .executables)) takes absolute paths without '.', '..' and empty parts; write "
                + "the program's name or such a path in the runtime"
        }
        // What the runtime brings is allowed or refused as a whole.
        if let own = question.runtimeDirectory, Self.isBelow(path, own) { return nil }
        if let words = policy.words[.executables] {
            guard !words.contains(where: { Self.isBelow(path, $0) }) else { return nil }
            return refusal
                + "\(policy.place(of: .executables)) allows \(policy.text(of: .executables)) alone; use a program "
                + "of these, or have it added there"
        }
        let next = "; name it in rule 'executables' of \(policy.file) if it is to be run"
        if [path, program.resolved ?? path].contains(where: { Self.isBelow($0, question.dataDirectory) }) {
            return refusal
                + "it comes with a model, and \(policy.place(of: .executables)) takes what is installed on the host"
                + next
        }
        return program.exposure.map { exposure in
            refusal
                + "\(exposure), and \(policy.place(of: .executables)) takes what only root and the agent's user can "
                + "change; mend that" + next
        }
    }

    private func paths(in text: PolicyQuestion.Text, _ question: PolicyQuestion) -> [String] {
        guard let words = policy.words[.paths] else { return [] }
        let allowed =
            words + (policy.words[.executables] ?? []) + [question.modelDirectory]
            + [question.runtimeDirectory].compactMap(\.self)
        return NamedPaths.paths(in: text.text).compactMap { path in
            let refusal = "\(text.place) names '\(path)', which \(policy.place(of: .paths)) does not allow on \(host): "
            guard HostPolicy.isPlain(path) else {
                return refusal + "write it as an absolute path without '.', '..' and empty parts"
            }
            guard !allowed.contains(where: { Self.isBelow(path, $0) }) else { return nil }
            return refusal
                + "it allows \(policy.text(of: .paths)) and the directories of the model and of the runtime's bundle alone; use one of these, or "
                + "have it added there"
        }
    }

    private func image(_ text: String) -> String? {
        let words = policy.words[.images] ?? []
        let name = ImageReference(text)?.repository ?? text
        guard !words.contains(where: { name == $0 || name.hasPrefix("\($0)/") }) else { return nil }
        return
            "image '\(text)' may not be run on \(host): \(policy.place(of: .images)) allows \(policy.text(of: .images)) "
            + "alone; use an image of these, or have its registry or repository added (`images = …` in \(policy.file))"
    }

    private func repository(_ path: String) -> String? {
        let words = policy.words[.repositories] ?? []
        guard !(HostPolicy.isPlain(path) && words.contains { Self.isBelow(path, $0) }) else { return nil }
        return
            "models may not be put into \(path) on \(host): \(policy.place(of: .repositories)) allows "
            + "\(policy.text(of: .repositories))\(words.isEmpty ? "" : " alone"); use a repository of these, or have it added "
            + "(`repositories = \(path)` in \(policy.file))"
    }

    private func secret(_ named: PolicyQuestion.Text) -> String? {
        let isAllowed = policy.secretDirectories.contains { Self.isBelow(named.text, $0) && named.text != $0 }
        guard !(isAllowed && HostPolicy.isPlain(named.text)) else { return nil }
        return
            "\(named.place) asks for the text of \(named.text), which \(policy.place(of: .secrets)) does not allow on "
            + "\(host): it allows files below \(policy.text(of: .secrets)) alone; put the file there, or have its directory "
            + "added (`secrets = …` in \(policy.file))"
    }

    private func port(_ port: UInt16) -> String? {
        guard !policy.ports.contains(where: { $0.contains(port) }) else { return nil }
        return
            "port \(port) may not be an endpoint on \(host): \(policy.place(of: .ports)) allows \(policy.text(of: .ports)) "
            + "alone; choose another endpoint.port, or have it added (`ports = …` in \(policy.file))"
    }

    /// Whether a path is a directory, or below it.
    static func isBelow(_ path: String, _ directory: String) -> Bool {
        directory == "/" || path == directory || path.hasPrefix(directory + "/")
    }
}

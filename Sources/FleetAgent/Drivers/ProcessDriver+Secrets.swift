import Fleet

/// The variables whose texts stand in files of the host.
extension ProcessDriver {
    /// Why the files that a revision names cannot be used, one sentence each.
    func secretProblems(_ content: RevisionContent) -> [String] {
        content.secretFiles.compactMap { (name, path) -> String? in
            do throws(AgentError) {
                _ = try secret(name, path)
                return nil
            } catch {
                return error.message
            }
        }
    }

    /// The texts of the files that a revision names, as far as they can be read now, by their paths: for whoever takes them
    /// out of what leaves the host.
    func secretTexts(_ content: RevisionContent) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, path) in content.secretFiles { texts[path] = try? secret(name, path) }
        return texts
    }

    /// The text that a variable has.
    ///
    /// - Throws: `refused`.
    func secret(_ variable: String, _ path: String) throws(AgentError) -> String {
        let directories = try policy.policy().secretDirectories
        do {
            return try HostSecret.read(path, within: directories)
        } catch {
            throw AgentError(.refused, "variable \(variable) cannot be given on \(settings.name): \(error.message)")
        }
    }
}

extension RevisionContent {
    /// The variables that have the text of a file, and its path, by name.
    fileprivate var secretFiles: [(String, String)] {
        variables.sorted { $0.key < $1.key }.compactMap { name, value in value.file.map { (name, $0) } }
    }
}

import Fleet
import FoundationEssentials

/// A revision's templates with the values of one host and one start.
struct ReplicaTexts: Sendable {
    private let content: RevisionContent
    private let values: [String: String]

    init(
        content: RevisionContent,
        modelName: String? = nil,
        deployment: String,
        modelDirectory: String,
        runtimeDirectory: String?,
        hostName: String,
        address: String,
        ports: [String: UInt16]
    ) {
        self.content = content
        var values = [
            "model.dir": modelDirectory, "model.name": modelName ?? content.model.name,
            "model.version": content.model.version,
            "deployment.name": deployment, "host.name": hostName, "host.address": address,
        ]
        values[TextTemplate.runtimeDirectory] = runtimeDirectory
        for (name, port) in ports { values["port.\(name)"] = "\(port)" }
        self.values = values
    }

    /// The program and its arguments.
    func command() throws(AgentError) -> [String] {
        var words: [String] = []
        for word in content.runtime.command { words.append(try expand(word)) }
        return words
    }

    /// PATH, HOME and LANG of the agent, then the runtime's variables, then the deployment's: `NAME=value` each.
    ///
    /// - Parameter secret: the text of a variable that stands in a file, by the variable's name and the file's path.
    func environment(
        inherited: [String: String] = ProcessInfo.processInfo.environment,
        secret: (String, String) throws(AgentError) -> String
    ) throws(AgentError) -> [String] {
        var variables: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG"] { variables[name] = inherited[name] }
        for (name, value) in content.variables {
            switch value {
            case .text(let text): variables[name] = try expand(text)
            case .file(let path): variables[name] = try secret(name, path)
            }
        }
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// The same, as far as it is known before there are ports and files, and without what files of the host hold: for asking
    /// the host what a runtime requires, which is what the runtime does not bring.
    func hostEnvironment(inherited: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        var variables: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG"] { variables[name] = inherited[name] }
        for (name, value) in content.variables {
            if let text = value.text, let known = try? expand(text) { variables[name] = known }
        }
        variables["PATH"] = variables["PATH"].map(hostPath)
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// A search path without what the runtime brings.
    func hostPath(_ path: String) -> String {
        guard let own = values[TextTemplate.runtimeDirectory] else { return path }
        return path.split(separator: ":").filter { !PolicyRule.isBelow(String($0), own) }.joined(separator: ":")
    }

    /// Where programs are looked for: known before ports are.
    func searchPath(inherited: [String: String] = ProcessInfo.processInfo.environment) throws(AgentError) -> String {
        let written = content.variables["PATH"]?.text
        return try written.map { (text) throws(AgentError) in try expand(text) } ?? inherited["PATH"] ?? ""
    }

    /// A text of the revision.
    func expand(_ text: String) throws(AgentError) -> String {
        do {
            return try TextTemplate(text, ports: content.runtime.ports).expanded(with: values)
        } catch {
            throw AgentError(.refused, "'\(text)' of runtime '\(content.runtime.name)': \(error.message)")
        }
    }
}

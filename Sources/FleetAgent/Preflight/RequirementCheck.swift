import Fleet
import Glibc
import ShimProtocol
import Synchronization

/// Whether this host has what runtimes require. An answer that will do is remembered for as long as the program's file is
/// the same, on disk too, so that nothing is asked between a boot and the start of what was verified; one that will not is
/// asked for again each time, since somebody may be mending it.
final class RequirementCheck: Sendable {
    private struct Key: Hashable {
        var program: String
        var modified: Int64
        var size: Int64
        var arguments: [String]
        var environment: [String]

        /// The name of the file that remembers its answer.
        var file: String {
            let fields = [program, "\(modified)", "\(size)"] + arguments + ["\0"] + environment
            return "met-\(Digest(of: fields.joined(separator: "\0").utf8).hex)"
        }
    }

    private static let memory = 256

    private let question: HostQuestion
    private let host: String
    private let answers = Mutex<(counter: UInt64, outputs: [Key: String])>((0, [:]))

    init(question: HostQuestion, host: String) {
        self.question = question
        self.host = host
    }

    /// Why one of the requirements is not met, or `nil` when all are.
    ///
    /// - Parameter environment: `NAME=value` each, PATH among them.
    /// - Throws: `CancellationError`.
    func unmet(_ requirements: [RuntimeRequirement], runtime: String, environment: [String]) async throws -> String? {
        for requirement in requirements {
            if let reason = try await unmet(requirement, environment) {
                return "runtime '\(runtime)' requires `\(requirement)` on \(host): \(reason)"
            }
        }
        return nil
    }

    private func unmet(_ requirement: RuntimeRequirement, _ environment: [String]) async throws -> String? {
        let program = requirement.command.first ?? ""
        let path = environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? ""
        guard let file = self.file(of: program, path: String(path)) else {
            return "'\(program)' is not installed: it is not in PATH (\(path)); install it, or set PATH in the "
                + "runtime's environment"
        }
        var status = stat()
        guard stat(file, &status) == 0 else { return "\(file) cannot be read: \(FileAccess.reason(errno)); check it" }
        let key = Key(
            program: file,
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            size: Int64(status.st_size),
            arguments: requirement.command,
            environment: environment
        )
        let output: String
        if let known = recall(key) {
            output = known
        } else {
            let number = answers.withLock { answers in
                answers.counter += 1
                return answers.counter
            }
            do {
                let answer = try await question.ask(
                    [file] + requirement.command.dropFirst(),
                    environment: environment,
                    name: "\(number)"
                )
                guard answer.exit == .code(0) else {
                    let said = Self.last(answer.output)
                    return "it ended with \(answer.exit)\(said); run it by hand, and mend or install it"
                }
                output = answer.output
            } catch let error as AgentError {
                return error.message
            }
        }
        if let reason = Self.mismatch(output, requirement) { return reason }
        remember(key, output)
        return nil
    }

    private func recall(_ key: Key) -> String? {
        if let known = answers.withLock({ $0.outputs[key] }) { return known }
        return try? FileAccess.readText("\(question.directory)/\(key.file)")
    }

    private func remember(_ key: Key, _ output: String) {
        let isNew = answers.withLock { answers in
            if answers.outputs.count >= Self.memory { answers.outputs = [:] }
            return answers.outputs.updateValue(output, forKey: key) == nil
        }
        guard isNew, (try? FileAccess.readText("\(question.directory)/\(key.file)")) != output else { return }
        let written = FileAccess.names(in: question.directory).filter { $0.hasPrefix("met-") }
        if written.count >= Self.memory { for name in written { FileAccess.remove("\(question.directory)/\(name)") } }
        // What cannot be written is asked for again after the next start.
        try? FileAccess.replace("\(question.directory)/\(key.file)", with: Array(output.utf8))
    }

    private static func mismatch(_ output: String, _ requirement: RuntimeRequirement) -> String? {
        guard let range = requirement.matches else { return nil }
        guard let version = VersionNumber(in: output) else {
            return "it printed no version\(last(output)); correct the runtime's 'requires'"
        }
        guard !range.contains(version) else { return nil }
        return "here is version \(version); install one that is \(range), or change the runtime's 'requires'"
    }

    private static func last(_ output: String) -> String {
        let line = output.split { $0 == "\n" || $0 == "\r" }.last { !$0.allSatisfy(\.isWhitespace) }
        return line.map { ", and said: \($0.prefix(200))" } ?? ""
    }

    private func file(of program: String, path: String) -> String? {
        let candidates = program.contains("/") ? [program] : path.split(separator: ":").map { "\($0)/\(program)" }
        return candidates.first { file in
            access(file, X_OK) == 0 && question.user.map { FileTrust.mayRun(file, $0.shim) } != false
        }
    }
}

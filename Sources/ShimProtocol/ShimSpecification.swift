/// What a shim is to hold: written by the agent to a 0600 file, so that no secret stands in a command line.
///
/// Its form: fields `name=value`, each ended by a NUL (which no path, argument or variable can hold), after `muster-shim/1`.
package struct ShimSpecification: Hashable, Sendable {
    /// The first field of the form.
    package static let format = "muster-shim/1"

    /// The replica's own directory, absolute: socket, handle and exit record are kept there.
    package var directory: String
    /// The file that takes stdout and stderr; appended to, created 0600.
    package var log: String
    /// Where the model server starts.
    package var workingDirectory: String
    /// The program, as `PATH` of `environment` finds it, and its arguments.
    package var arguments: [String]
    /// `NAME=value` each; nothing else is inherited.
    package var environment: [String]
    /// Tells this boot from others; copied to the handle.
    package var boot: String

    /// What a shim is to hold.
    package init(
        directory: String,
        log: String,
        workingDirectory: String,
        arguments: [String],
        environment: [String],
        boot: String
    ) {
        self.directory = directory
        self.log = log
        self.workingDirectory = workingDirectory
        self.arguments = arguments
        self.environment = environment
        self.boot = boot
    }

    /// The form's bytes; `nil` when a text holds a NUL.
    package var bytes: [UInt8]? {
        var fields = [
            Self.format, "directory=\(directory)", "log=\(log)", "workingDirectory=\(workingDirectory)", "boot=\(boot)",
        ]
        fields += arguments.map { "argument=\($0)" }
        fields += environment.map { "environment=\($0)" }
        guard fields.allSatisfy({ !$0.utf8.contains(0) }) else { return nil }
        return fields.flatMap { Array($0.utf8) + [0] }
    }

    /// Reads the form; `nil` for another version, an unknown or a missing field.
    package init?(bytes: [UInt8]) {
        guard bytes.last == 0 else { return nil }
        let fields = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.first == Self.format else { return nil }
        var single: [String: String] = [:]
        var arguments: [String] = []
        var environment: [String] = []
        for field in fields.dropFirst() {
            guard let equals = field.firstIndex(of: "=") else { return nil }
            let name = String(field[..<equals])
            let value = String(field[field.index(after: equals)...])
            switch name {
            case "argument": arguments.append(value)
            case "environment": environment.append(value)
            case "directory", "log", "workingDirectory", "boot": single[name] = value
            default: return nil
            }
        }
        guard let directory = single["directory"], let log = single["log"], let boot = single["boot"],
            let workingDirectory = single["workingDirectory"], !arguments.isEmpty
        else { return nil }
        self.init(
            directory: directory,
            log: log,
            workingDirectory: workingDirectory,
            arguments: arguments,
            environment: environment,
            boot: boot
        )
    }
}

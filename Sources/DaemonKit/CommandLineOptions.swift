import Configuration
import Fleet
import FoundationEssentials
import Glibc

/// The command line of a daemon: declared commands and options with their help. Everything that is not declared is refused
/// with the nearest name; every option may also come from the environment (`MUSTER_AGENT_DATA_DIR` for `--data-dir` of
/// `muster-agent`), which the command line overrides.
package struct CommandLineOptions: Sendable {
    /// The program's name.
    package var program: String
    /// One sentence for the help.
    package var summary: String
    /// The commands, in the order of the help.
    package var commands: [CommandLineCommand]
    /// The command that is meant when none is named; nil makes naming one necessary.
    package var defaultCommand: String?
    /// Options of all commands.
    package var common: [CommandLineOption]

    /// What to do.
    package enum Outcome: Sendable, Hashable {
        case run(ParsedCommandLine)
        /// Print this to standard output and exit with 0: `--help`, `--version`.
        case show(String)
    }

    /// A declaration.
    package init(
        program: String,
        summary: String,
        commands: [CommandLineCommand],
        defaultCommand: String? = nil,
        common: [CommandLineOption] = LogSettings.options
    ) {
        self.program = program
        self.summary = summary
        self.commands = commands
        self.defaultCommand = defaultCommand
        self.common = common
    }

    /// Reads the process's own arguments and environment. Prints help, version or the error and exits where that is the
    /// outcome.
    package func parseOrExit() -> ParsedCommandLine {
        do {
            switch try parse(Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
            {
            case .run(let parsed): return parsed
            case .show(let text):
                print(text)
                Glibc.exit(0)
            }
        } catch {
            exit(reporting: error)
        }
    }

    /// Prints an error of the command line to standard error and exits.
    package func exit(reporting error: CommandLineError) -> Never {
        LineLogHandler.writeToStandardError("\(program): \(error.message)\n")
        Glibc.exit(CommandLineError.exitCode)
    }

    /// Reads arguments (without the program's name).
    package func parse(_ arguments: [String], environment: [String: String] = [:]) throws(CommandLineError) -> Outcome {
        var rest = arguments[...]
        if rest.first == "--version" || rest.first == "version" { return .show("\(program) \(BuildInfo.version)") }
        if rest.first == "help" {
            guard let name = rest.dropFirst().first else { return .show(help()) }
            return .show(help(of: try command(named: name)))
        }
        let command: CommandLineCommand
        if let first = rest.first, !first.hasPrefix("-") {
            command = try self.command(named: first)
            rest.removeFirst()
        } else if rest.first == "--help" || rest.first == "-h" {
            return .show(help())
        } else if let defaultCommand {
            command = try self.command(named: defaultCommand)
        } else {
            throw CommandLineError("no command was given; choose one of \(names), or see `\(program) --help`")
        }
        return try parse(rest, of: command, environment: environment)
    }

    private func parse(
        _ arguments: ArraySlice<String>,
        of command: CommandLineCommand,
        environment: [String: String]
    ) throws(CommandLineError) -> Outcome {
        var parsed = ParsedCommandLine(command: command.name, arguments: [], values: [:], flags: [])
        var rest = arguments
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" { return .show(help(of: command)) }
            if word == "--version" { return .show("\(program) \(BuildInfo.version)") }
            if word == "--" {
                parsed.arguments += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                parsed.arguments.append(word)
                continue
            }
            try take(word, from: &rest, of: command, into: &parsed)
        }
        let count = command.arguments.count
        guard parsed.arguments.count >= count else {
            let missing = command.arguments[parsed.arguments.count]
            throw CommandLineError(
                "`\(program) \(command.name)` needs \(missing); see `\(program) \(command.name) --help`"
            )
        }
        guard parsed.arguments.count == count else {
            throw CommandLineError(
                "`\(program) \(command.name)` does not take '\(parsed.arguments[count])'; "
                    + "see `\(program) \(command.name) --help`"
            )
        }
        try complete(&parsed, options: command.options + common, environment: environment)
        return .run(parsed)
    }

    private func take(
        _ word: String,
        from rest: inout ArraySlice<String>,
        of command: CommandLineCommand,
        into parsed: inout ParsedCommandLine
    ) throws(CommandLineError) {
        let options = command.options + common
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let found = options.first { option in
            parts[0] == "--\(option.name)" || option.short.map { parts[0] == "-\($0)" } == true
        }
        guard let option = found else {
            let name = String(parts[0].dropFirst(2))
            let near = NearestName.of(name, among: options.map(\.name)).map { "did you mean --\($0)? " } ?? ""
            throw CommandLineError(
                "`\(program) \(command.name)` has no option \(parts[0]); \(near)See `\(program) \(command.name) --help`"
            )
        }
        let name = option.name
        guard let placeholder = option.value else {
            guard parts.count == 1 else {
                throw CommandLineError("--\(name) takes no value; write it without '=\(parts[1])'")
            }
            parsed.flags.insert(name)
            return
        }
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
            throw CommandLineError("--\(name) needs a value; write `--\(name) \(placeholder)`")
        }
        guard option.isRepeatable || parsed.values[name] == nil else {
            throw CommandLineError("--\(name) was given twice; it takes one value: keep the one you mean")
        }
        parsed.values[name, default: []].append(value)
    }

    /// Adds what the environment says and then the defaults.
    private func complete(
        _ parsed: inout ParsedCommandLine,
        options: [CommandLineOption],
        environment: [String: String]
    ) throws(CommandLineError) {
        let provider = EnvironmentVariablesProvider(environmentVariables: environment)
        let settings = ConfigReader(provider: provider).scoped(to: ConfigKey([program]))
        for option in options where parsed.values[option.name] == nil {
            let given = settings.string(forKey: ConfigKey([option.name]))
            if option.value == nil {
                switch given {
                case nil, "", "0", "false": continue
                case "1", "true": parsed.flags.insert(option.name)
                case .some(let text):
                    throw CommandLineError(
                        "\(variable(for: option)) is '\(text)' in the environment; write 'true' or 'false', or unset it"
                    )
                }
            } else if let given {
                parsed.values[option.name] =
                    option.isRepeatable ? given.split(separator: ",").map(String.init) : [given]
            } else if let value = option.default {
                parsed.values[option.name] = [value]
            }
        }
    }

    private func command(named name: String) throws(CommandLineError) -> CommandLineCommand {
        if let command = commands.first(where: { $0.name == name }) { return command }
        let near = NearestName.of(name, among: commands.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
        throw CommandLineError(
            "\(program) has no command '\(name)'\(near) Choose one of \(names), or see `\(program) --help`"
        )
    }

    private var names: String { commands.map(\.name).joined(separator: ", ") }

    private func variable(for option: CommandLineOption) -> String {
        "\(program)_\(option.name)".uppercased().replacing("-", with: "_")
    }
}

extension CommandLineOptions {
    /// The program's help: its commands.
    package func help() -> String {
        let rows = commands.map { ($0.name + ($0.name == defaultCommand ? " (default)" : ""), $0.summary) }
        return """
            \(program) \(BuildInfo.version): \(summary)

            Usage: \(program) \(defaultCommand == nil ? "COMMAND" : "[COMMAND]") [OPTIONS]

            Commands:
            \(Self.table(rows))

            `\(program) COMMAND --help` lists a command's options.
            """
    }

    /// One command's help: its arguments and options.
    package func help(of command: CommandLineCommand) -> String {
        let options = command.options + common
        let rows = options.map { option in
            let many = option.isRepeatable ? " (may be repeated)" : ""
            let value = option.default.map { " Default: \($0)." } ?? ""
            let short = option.short.map { "-\($0), " } ?? ""
            return ("\(short)--\(option.name)" + (option.value.map { " \($0)" } ?? ""), option.help + many + value)
        }
        let standard = [("--help", "Print this."), ("--version", "Print the version.")]
        let prefix = program.uppercased().replacing("-", with: "_")
        return """
            \(command.summary)

            Usage: \(([program, command.name] + command.arguments).joined(separator: " ")) [OPTIONS]

            Options:
            \(Self.table(rows + standard))

            Each option may also come from the environment, as \(prefix)_NAME_OF_OPTION.
            """
    }

    private static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count + 2))\($0.1)" }
            .joined(separator: "\n")
    }
}

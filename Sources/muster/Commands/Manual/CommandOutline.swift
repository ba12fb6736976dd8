/// What the argument parser knows of a command: the part of its own dump (`--experimental-dump-help`) that a manual needs.
struct CommandOutline: Decodable {
    /// An argument, an option or a flag.
    struct Argument: Decodable {
        /// `-o` or `--output`.
        struct Name: Decodable {
            var kind: String
            var name: String

            /// As it is typed.
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool
        var abstract: String?

        /// Whether it stands by its place.
        var isPositional: Bool { kind == "positional" }
    }

    var commandName: String
    var abstract: String?
    var discussion: String?
    var subcommands: [CommandOutline]?
    var arguments: [Argument]?
    var shouldDisplay: Bool?

    /// The commands below it that people are told of; the parser's own `help` is none of them.
    var commands: [CommandOutline] {
        (subcommands ?? []).filter { $0.commandName != "help" && $0.shouldDisplay != false }
    }

    /// What it takes, without what every command takes.
    var shown: [Argument] {
        (arguments ?? []).filter { argument in
            argument.shouldDisplay && !(argument.names ?? []).contains { ["help", "version"].contains($0.name) }
        }
    }
}

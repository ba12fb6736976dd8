import ArgumentParser
import Foundation

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

        /// How it is typed: `<name>`, or `-o, --output <output>`.
        var term: String {
            if isPositional { return "<\(valueName ?? "argument")>" }
            let value = kind == "flag" ? "" : " <\(valueName ?? "value")>"
            return (names ?? []).map(\.text).joined(separator: ", ") + value
        }

        /// What it is for, the words that it takes where nothing tells them, and what holds without it: a line each.
        var meaning: String {
            let told = abstract ?? ""
            let values = allValues.flatMap { values in
                values.allSatisfy { told.contains($0) } ? nil : "One of: \(values.joined(separator: ", "))."
            }
            let usual = kind == "flag" ? nil : defaultValue.map { "Without it: \($0)." }
            return [abstract, values, usual].compactMap { $0 }.joined(separator: "\n")
        }
    }

    /// The whole program's.
    static func ofMuster() throws -> CommandOutline {
        struct Dump: Decodable {
            var command: CommandOutline
        }
        return try JSONDecoder().decode(Dump.self, from: Data(Muster._dumpHelp().utf8)).command
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

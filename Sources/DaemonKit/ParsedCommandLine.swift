package import Fleet

/// What a command line, the environment and the defaults say together, in this order of precedence.
package struct ParsedCommandLine: Sendable, Hashable {
    /// The command's name.
    package var command: String
    /// Its positional arguments, as many as it declares.
    package var arguments: [String]
    var values: [String: [String]]
    var flags: Set<String>

    /// Whether a flag was given.
    package func flag(_ name: String) -> Bool { flags.contains(name) }

    /// An option's value, nil when nothing gives one.
    package func string(_ name: String) -> String? { values[name]?.last }

    /// All values of a repeatable option, in order.
    package func strings(_ name: String) -> [String] { values[name] ?? [] }

    /// An option's value; throws when nothing gives one.
    package func required(_ name: String) throws(CommandLineError) -> String {
        guard let value = string(name) else {
            throw CommandLineError("`\(command)` needs --\(name): nothing gives it; add `--\(name) …`, or see `--help`")
        }
        return value
    }

    /// An option's value as a whole number within a range; nil when nothing gives one.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws(CommandLineError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw refusal(name, text, "it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// An option's value as a length of time, such as `1h30m`; nil when nothing gives one.
    package func span(_ name: String) throws(CommandLineError) -> Span? {
        guard let text = string(name) else { return nil }
        guard let value = Span(text) else { throw refusal(name, text, "write a length of time like 10s, 5m or 1h30m") }
        return value
    }

    /// An option's value as one of several; nil when nothing gives one.
    package func choice<Choice>(
        _ name: String,
        among choices: [Choice],
        name text: (Choice) -> String
    ) throws(CommandLineError) -> Choice? {
        guard let given = string(name) else { return nil }
        let names = choices.map(text)
        if let index = names.firstIndex(of: given) { return choices[index] }
        let near = NearestName.of(given, among: names).map { "; did you mean '\($0)'?" } ?? ""
        throw refusal(name, given, "choose one of \(names.joined(separator: ", "))\(near)")
    }

    /// A refusal of an option's value, for checks that only the program can make.
    package func refusal(_ name: String, _ value: String, _ why: String) -> CommandLineError {
        CommandLineError("--\(name) does not take '\(value)': \(why)")
    }
}

/// An option that a program declares: `--name VALUE`, `--name=VALUE`, or the flag `--name`; with a letter also `-n VALUE`.
package struct CommandLineOption: Sendable, Hashable {
    /// Its name without the dashes.
    package var name: String
    /// One letter that stands for it, `nil` for none.
    package var short: Character?
    /// What stands for the value in the help, `nil` for a flag.
    package var value: String?
    /// One sentence for the help.
    package var help: String
    /// The value when neither the command line nor the environment gives one.
    package var `default`: String?
    /// Whether it may be given more than once (in the environment: separated by commas).
    package var isRepeatable: Bool

    /// An option.
    package init(
        _ name: String,
        short: Character? = nil,
        value: String? = nil,
        help: String,
        default: String? = nil,
        isRepeatable: Bool = false
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.default = `default`
        self.isRepeatable = isRepeatable
    }
}

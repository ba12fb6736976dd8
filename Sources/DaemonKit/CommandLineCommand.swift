/// A command that a program declares: `muster-agent enroll …`.
package struct CommandLineCommand: Sendable, Hashable {
    /// The word that chooses it.
    package var name: String
    /// One sentence for the help.
    package var summary: String
    /// What stands for its positional arguments in the help, in order; all are required. Empty for none.
    package var arguments: [String]
    /// Its options, beside those that all commands share.
    package var options: [CommandLineOption]

    /// A command.
    package init(name: String, summary: String, arguments: [String] = [], options: [CommandLineOption] = []) {
        self.name = name
        self.summary = summary
        self.arguments = arguments
        self.options = options
    }
}

import ArgumentParser
import Fleet
import FleetClient

/// The operators' command line.
@main
struct Muster: AsyncParsableCommand {
    /// The version of this program.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "muster",
        abstract: "Runs machine-learning models on fleets of Linux hosts.",
        discussion: """
            Say who you are once (`muster login`), write YAML, look at `muster plan`, then `muster apply`.

            Every command takes --context NAME and --request-timeout SPAN. \
            See also: muster help exit-codes, muster help environment, muster help global-options; the word in brackets \
            after a message: muster help errors WORD.
            """,
        version: version,
        subcommands: [
            LoginCommand.self, ContextCommand.self, PlanCommand.self, DiffCommand.self, ApplyCommand.self,
            SchemaCommand.self, EditCommand.self, LabelCommand.self, DeleteCommand.self, GetCommand.self,
            DescribeCommand.self,
            ExplainCommand.self, WaitCommand.self, ModelCommand.self, RuntimeCommand.self, EndpointsCommand.self,
            HostCommand.self, RolloutCommand.self,
            RollbackCommand.self,
            HoldCommand.self, WhereCommand.self, TopCommand.self, LogsCommand.self, SupportBundleCommand.self,
            AuditCommand.self, EventsCommand.self,
            OperatorCommand.self, ManualCommand.self,
        ]
    )

    static func main() async {
        do {
            let arguments = try GlobalOptions.take(from: Array(CommandLine.arguments.dropFirst()))
            if arguments.first == "help", let text = try HelpTopic.text(for: Array(arguments.dropFirst())) {
                return Terminal.current.say(text)
            }
            let command = try await asyncParseAsRoot(arguments)
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    var command = command
                    try command.run()
                }
            } catch let failure as CommandFailure {
                end(failure)
            } catch let error as ClientError {
                end(CommandFailure(error))
            } catch {
                // Usage errors that only showed while running, with the usage of the command that was meant; exit codes.
                end(error, of: type(of: command))
            }
        } catch let failure as CommandFailure {
            end(failure)
        } catch {
            // Help, version and usage errors.
            exit(withError: error)
        }
    }

    /// As the parser itself would have said it: by its own words the command's name has no `muster` before it.
    private static func end(_ error: any Error, of type: any ParsableCommand.Type) -> Never {
        guard let error = error as? ValidationError else { type.exit(withError: error) }
        let usage = Manual.usage(of: type)
        let name = usage.split(separator: " ").prefix { $0.allSatisfy { $0.isLowercase || $0 == "-" } }
        let help = "See '\(name.joined(separator: " ")) --help' for more information."
        Terminal.current.complain("Error: \(error.message)\nUsage: \(usage)\n  \(help)")
        exit(withError: ExitCode.validationFailure)
    }

    private static func end(_ failure: CommandFailure) -> Never {
        let terminal = Terminal.current
        terminal.complain(failure.text(style: terminal.errorStyle))
        exit(withError: ExitCode(failure.exitCode))
    }
}

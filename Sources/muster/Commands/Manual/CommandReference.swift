import ArgumentParser

/// Every command on one page of Markdown, from what the argument parser itself knows.
struct CommandReference {
    let text: String

    /// The reference of this program.
    init() throws {
        let root = try CommandOutline.ofMuster()
        let head = """
            # Commands

            What `muster` takes, command by command.

            ## Overview

            \(MarkdownText.paragraphs(root.discussion ?? ""))

            ## Options of every command

            \(MarkdownText.asWritten(HelpTopic.globalOptions.text))

            ## Exit codes

            \(MarkdownText.asWritten(HelpTopic.exitCodes.text))

            ## Environment

            \(MarkdownText.asWritten(HelpTopic.environment.text))
            """
        let commands = zip(Muster.configuration.subcommands, root.commands).flatMap { type, outline in
            Self.sections(of: type, outline, title: "muster \(outline.commandName)", level: 2)
        }
        text = ([head] + commands).joined(separator: "\n\n") + "\n"
    }

    private static func sections(
        of type: any ParsableCommand.Type,
        _ outline: CommandOutline,
        title: String,
        level: Int
    ) -> [String] {
        var parts = [
            "\(String(repeating: "#", count: level)) \(title)", MarkdownText.paragraphs(outline.abstract ?? ""),
            MarkdownText.asWritten(Manual.usage(of: type)),
        ]
        if let discussion = outline.discussion { parts.append(MarkdownText.paragraphs(discussion)) }
        let arguments = outline.shown.map { argument in
            "- \(MarkdownText.code(argument.term)): \(MarkdownText.line(argument.meaning))"
        }
        if !arguments.isEmpty { parts.append(arguments.joined(separator: "\n")) }
        let below = zip(type.configuration.subcommands, outline.commands).flatMap { type, outline in
            sections(of: type, outline, title: "\(title) \(outline.commandName)", level: 3)
        }
        return [parts.joined(separator: "\n\n")] + below
    }
}

import ArgumentParser

/// The manual: one page for the program, and one for each of its commands with those below it, from what the argument
/// parser itself knows.
struct Manual {
    /// In the order of `muster --help`.
    let pages: [ManualPage]

    /// The manual of this program.
    init() throws {
        let root = try CommandOutline.ofMuster()
        let types = Muster.configuration.subcommands
        pages =
            [Self.page(of: root)]
            + zip(types, root.commands).map { type, outline in Self.page(of: type, outline) }
    }

    private static func page(of root: CommandOutline) -> ManualPage {
        var page = ManualPage(name: "muster", version: Muster.version)
        page.section("NAME")
        page.add("muster - \(root.abstract ?? "")")
        page.section("SYNOPSIS")
        page.add(asWritten: "muster COMMAND [ARGUMENTS] [OPTIONS]")
        page.section("DESCRIPTION")
        page.add(root.discussion ?? "")
        page.section("COMMANDS")
        for command in root.commands {
            page.add(term: "muster-\(command.commandName)(1)", command.abstract ?? "")
        }
        page.section("OPTIONS OF EVERY COMMAND")
        page.add(asWritten: HelpTopic.globalOptions.text)
        page.section("EXIT STATUS")
        page.add(asWritten: HelpTopic.exitCodes.text)
        page.section("ENVIRONMENT")
        page.add(asWritten: HelpTopic.environment.text)
        return page
    }

    private static func page(of type: any ParsableCommand.Type, _ outline: CommandOutline) -> ManualPage {
        var page = ManualPage(name: "muster-\(outline.commandName)", version: Muster.version)
        page.section("NAME")
        page.add("muster-\(outline.commandName) - \(outline.abstract ?? "")")
        page.section("SYNOPSIS")
        page.add(asWritten: usage(of: type))
        if let discussion = outline.discussion {
            page.section("DESCRIPTION")
            page.add(discussion)
        }
        if !outline.shown.isEmpty {
            page.section("ARGUMENTS AND OPTIONS")
            add(outline.shown, to: &page)
        }
        if !outline.commands.isEmpty { page.section("COMMANDS") }
        add(below: type, outline, title: "muster \(outline.commandName)", to: &page)
        page.section("SEE ALSO")
        page.add("muster(1) has the options of every command, exit codes and the environment.")
        return page
    }

    private static func add(
        below type: any ParsableCommand.Type,
        _ outline: CommandOutline,
        title: String,
        to page: inout ManualPage
    ) {
        for (type, outline) in zip(type.configuration.subcommands, outline.commands) {
            let title = "\(title) \(outline.commandName)"
            page.section(title, level: 2)
            page.add(outline.abstract ?? "")
            page.add(asWritten: usage(of: type))
            if let discussion = outline.discussion { page.add(discussion) }
            add(outline.shown, to: &page)
            add(below: type, outline, title: title, to: &page)
        }
    }

    private static func add(_ arguments: [CommandOutline.Argument], to page: inout ManualPage) {
        for argument in arguments { page.add(term: argument.term, argument.meaning) }
    }

    /// How a command is typed, without the word "Usage".
    static func usage(of type: any ParsableCommand.Type) -> String {
        let text = Muster.usageString(for: type)
        return text.hasPrefix("Usage: ") ? String(text.dropFirst("Usage: ".count)) : text
    }
}

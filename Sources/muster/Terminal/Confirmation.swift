import Fleet

/// What cannot be undone is typed once more: on a terminal when asked, else with `--confirm`.
struct Confirmation {
    /// What is to be typed.
    let word: String
    /// What was given with `--confirm`.
    let given: String?
    /// What would be done, in words that follow "nothing was changed:".
    let command: String

    /// Lets it be done, or throws.
    ///
    /// - Parameter consequences: what a person is shown before the question.
    func ask(_ consequences: String, on terminal: Terminal = .current) throws {
        if let given { return try check(given) }
        guard terminal.canAsk else {
            throw CommandFailure.usage(
                "nothing was changed: there is no terminal to ask for a confirmation on",
                hint: "say it: \(command) --confirm \(word)",
                code: .noTerminal
            )
        }
        terminal.say(consequences)
        terminal.write("\nType \(terminal.style.paint(word, .title)) to go on: ")
        try check((readLine() ?? "").filter { !$0.isWhitespace })
    }

    private func check(_ said: String) throws {
        guard said == word else {
            throw CommandFailure.usage(
                "nothing was changed: '\(said)' is not '\(word)'",
                hint: "repeat the name: \(command) --confirm \(word)",
                code: .notConfirmed
            )
        }
    }
}

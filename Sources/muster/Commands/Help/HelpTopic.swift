import Fleet

/// `muster help TOPIC`, for what is no command.
enum HelpTopic: String, CaseIterable {
    case exitCodes = "exit-codes"
    case environment
    case globalOptions = "global-options"
    case errors

    /// What `muster help WORD …` prints; `nil` when the words mean a command.
    ///
    /// - Throws: `CommandFailure` for a word that no message bears.
    static func text(for words: [String]) throws -> String? {
        guard let topic = words.first.flatMap(HelpTopic.init) else { return nil }
        guard topic == .errors, let word = words.dropFirst().first else { return topic.text }
        // It is printed in brackets.
        let name = word.filter { $0 != "[" && $0 != "]" }
        if let code = MessageCode(rawValue: name) { return code.explanation }
        let nearest = NearestName.of(name, among: MessageCode.allCases.map(\.rawValue)).map { "did you mean '\($0)'? " }
        throw CommandFailure.usage(
            "no message of this muster bears the word '\(name)'",
            hint: (nearest ?? "") + "see 'muster help errors'; a newer controller may know more words"
        )
    }

    /// What is printed.
    var text: String {
        switch self {
        case .exitCodes:
            """
            0   done; of `plan` and `diff`: there is nothing to do
            1   failed, and said why; of what follows something with -w: it did not succeed, or waits for a person;
                of `wait`: the time is over, or it will never be; of `audit verify`: the chain is broken
            2   of `plan` and `diff`: changes are pending
            64  the command line is wrong, or a confirmation was not given: nothing was asked for (sysexits.h)
            130 interrupted by Ctrl-C; what was begun goes on in the fleet
            """
        case .environment:
            """
            MUSTER_CONFIG    the directory of the contexts; else $XDG_CONFIG_HOME/muster, else ~/.config/muster
            MUSTER_CONTEXT   the context that commands use; --context NAME comes before it
            MUSTER_EDITOR    the editor of `muster edit`; else $VISUAL, else $EDITOR, else vi
            TMPDIR           where `muster edit` keeps a text that was not taken; else /tmp
            NO_COLOR         any value turns colours off (no-color.org)
            TERM=dumb        no colours, nothing is drawn over; so it is where the output is no terminal
            """
        case .globalOptions:
            """
            --context NAME           use this login (see 'muster context list')
            --request-timeout SPAN   how long one call may take, like 5s or 2m (60s)

            Every command takes them, at any place.
            """
        case .errors:
            """
            What a message says ends with a word in brackets; `muster help errors WORD` says more about it.

              \(MessageCode.allCases.map(\.rawValue).sorted().joined(separator: "\n  "))
            """
        }
    }
}

/// `muster help TOPIC`, for what is no command.
enum HelpTopic: String, CaseIterable {
    case exitCodes = "exit-codes"
    case environment
    case globalOptions = "global-options"

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
        }
    }
}

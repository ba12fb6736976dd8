import Fleet

extension MessageCode {
    /// The part of ``explanation`` that is about the command line itself.
    var ofTheCommandLine: String {
        switch self {
        case .usage:
            """
            The command line is wrong; nothing was asked for (exit code 64). `muster help COMMAND` has its grammar.
            """
        case .noTerminal:
            """
            The command asks a person something, and there is no terminal to ask on: standard input or output is a pipe or a
            file. The hint says how to say it in words instead, such as --confirm NAME. Nothing was changed.
            """
        case .notLoggedIn:
            """
            This machine has no login yet. On the controller's machine: muster login URL --credentials DATA/admin-credentials;
            elsewhere with a token: muster login URL --token - --authority sha256:….
            """
        case .unknownContext:
            """
            There is no login of that name: `muster context list` shows those there are. --context and MUSTER_CONTEXT come
            before what `muster context use` said.
            """
        case .manifest:
            """
            What was read has mistakes; all of them are listed, and nothing was sent. Each has its place (file:line:column),
            the key's path, what is wrong, what to write instead, and what the key is for. `muster schema` prints schemas
            with which an editor finds them while you write.
            """
        case .editor:
            """
            The editor could not be run, or ended as if it had failed (`:cq` in vi means: change nothing).
            Choose one with MUSTER_EDITOR, VISUAL or EDITOR. What was written is kept in the file that is named.
            """
        case .editNotTaken:
            """
            What was saved was not taken; it is kept in the file that is named. See how it differs from what is stored:
            muster diff -f FILE. Apply it when it is right: muster apply -f FILE.
            """
        case .nothingMatches:
            """
            The selector is right and no object has such labels: so nothing was done, rather than guessed.
            See labels: muster get TYPE -o wide.
            """
        case .nothingThere:
            """
            There is nothing yet that the command could be about. Nothing was changed.
            """
        case .notPossible:
            """
            Objects of this type are not changed in this way; the hint says how.
            """
        case .timeUp:
            """
            The time of --timeout is over and the object is not as it should be; it is left as it is, and goes on.
            See what it waits for: muster explain TYPE/NAME. Wait longer: --timeout 30m.
            """
        case .neverWill:
            """
            What was waited for cannot come any more: the rollout has ended otherwise. See why: muster explain TYPE/NAME.
            """
        case .deletedMeanwhile:
            """
            Somebody deleted the object while it was waited for or followed: muster audit TYPE/NAME says who.
            """
        case .followingEnded:
            """
            The looking on has ended, not what was looked at: the controller did not answer for too long. Hosts go on by
            themselves. Follow it again when the controller answers.
            """
        case .probe:
            """
            The golden probe could not be recorded, or is not whole: it is the prediction that proves on every host that the
            right model is loaded. It needs a request, the path that is asked, and the answer (`muster model push --probe-from`).
            """
        case .bundle:
            """
            The files are not those that the manifest names, or the files given do not hold just one ModelVersion.
            A version never changes: changed files are a new version.
            """
        default:
            """
            A record of the audit was changed, removed or put in after it was written, or all of it was written anew.
            Everything before the record that is named is proven. Compare with a backup of the controller's store.
            """
        }
    }
}

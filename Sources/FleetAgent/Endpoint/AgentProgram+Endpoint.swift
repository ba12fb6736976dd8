import DaemonKit
import Glibc

extension AgentProgram {
    /// `muster-agent endpoint restore|remove`: what the endpoints' own unit runs.
    static func endpointCommand(_ shared: [CommandLineOption]) -> CommandLineCommand {
        CommandLineCommand(
            name: "endpoint",
            summary: "Restore the endpoints' rules (restore), rejecting after a boot, or take them out (remove).",
            arguments: ["restore|remove"],
            options: shared
        )
    }

    /// Does it and says what was done.
    static func endpoint(_ parsed: ParsedCommandLine, files: AgentFiles) throws -> Int32 {
        guard FileAccess.exists(files.directory) else {
            throw AgentError(
                .files,
                "there is no data directory \(files.directory), so nothing is known of this host's endpoints; name the agent's "
                    + "own with --data"
            )
        }
        let restore = EndpointRestore(file: EndpointFile(path: files.endpoints))
        switch parsed.arguments[0] {
        // A host that was never enrolled has nothing to restore, and no need for a lock.
        case "restore":
            print(FileAccess.exists(files.endpoints) ? try restore.restore() : "there is no endpoint to restore")
        case "remove":
            try refuseRunningAgent(files)
            print(try restore.remove())
        default:
            throw CommandLineError("`muster-agent endpoint` does not take '\(parsed.arguments[0])': restore or remove")
        }
        return 0
    }

    /// A running agent puts the rules back.
    static func refuseRunningAgent(_ files: AgentFiles) throws(AgentError) {
        // Not made here: it would be another user's.
        let file = open(files.lock, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        throw AgentError(
            .refused,
            "the endpoints of \(files.directory) are not removed: its agent runs, and would put them back; stop it first, then "
                + "remove them"
        )
    }
}

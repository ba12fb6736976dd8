import DaemonKit

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
        let restore = EndpointRestore(file: EndpointFile(path: files.endpoints))
        switch parsed.arguments[0] {
        // A host that was never enrolled has nothing to restore, and no directory for a lock.
        case "restore":
            print(FileAccess.exists(files.endpoints) ? try restore.restore() : "there is no endpoint to restore")
        case "remove": print(try restore.remove())
        default:
            throw CommandLineError("`muster-agent endpoint` does not take '\(parsed.arguments[0])': restore or remove")
        }
        return 0
    }
}

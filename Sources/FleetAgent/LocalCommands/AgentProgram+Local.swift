import DaemonKit
import Fleet
import FoundationEssentials
import Glibc
import NIOPosix

extension AgentProgram {
    /// The commands that a person on the host gives to the agent that runs there, with or without a controller.
    static func localCommands(_ data: CommandLineOption) -> [CommandLineCommand] {
        let reason = CommandLineOption("reason", value: "TEXT", help: "Why; needed, and seen by the fleet.")
        return [
            CommandLineCommand(
                name: "status",
                summary: "Say how things stand on this host, by the agent's own knowledge.",
                options: [
                    data,
                    CommandLineOption("output", short: "o", value: "FORM", help: "text or json.", default: "text"),
                ]
            ),
            CommandLineCommand(
                name: "pin",
                summary: "Let nothing move but restarts of what serves, whatever the controller asks.",
                arguments: ["DEPLOYMENT"],
                options: [data, reason]
            ),
            CommandLineCommand(
                name: "unpin",
                summary: "Let the controller have its way again.",
                arguments: ["DEPLOYMENT"],
                options: [data]
            ),
            CommandLineCommand(
                name: "rollback",
                summary: "Go back to the last good revision on this host, and stay there until `unpin`.",
                arguments: ["DEPLOYMENT"],
                options: [data, reason]
            ),
        ]
    }

    /// Asks the agent that runs; 0 when it did what was asked, 1 when it refused.
    static func local(_ verb: LocalRequest.Verb, _ parsed: ParsedCommandLine, files: AgentFiles) async throws -> Int32 {
        var request = LocalRequest(verb: verb)
        if verb != .status {
            request.deployment = parsed.arguments.first
            request.actor = user
            if verb != .unpin { request.reason = try parsed.required("reason") }
        }
        let isJSON = try parsed.choice("output", among: ["text", "json"], name: \.self) == "json"
        let answer = try await LocalClient(files: files, group: MultiThreadedEventLoopGroup.singleton).ask(request)
        if let refused = answer.refused { throw AgentError(.refused, refused) }
        if let status = answer.status {
            let now = TimeSource.system.now()
            print(isJSON ? String(decoding: try JSONCoding.encode(status), as: UTF8.self) : status.text(now: now))
        } else {
            print(answer.done ?? "done")
        }
        return 0
    }

    /// Who gives the command: the person behind `sudo`, if there is one.
    private static var user: String {
        let behind = ProcessInfo.processInfo.environment["SUDO_USER"] ?? ""
        return behind.isEmpty ? HostSystem.user : behind
    }
}

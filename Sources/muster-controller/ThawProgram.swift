import DaemonKit
import Fleet
import FleetController
import Glibc
import OperatorAPI

/// `muster-controller thaw`: shows what would move, asks, and ends a freeze through the running controller.
enum ThawProgram {
    static let command = CommandLineCommand(
        name: "thaw",
        summary: "End the freeze of a running controller whose store was restored from an old backup.",
        options: [
            CommandLineOption("data", value: "DIR", help: "The controller's data directory."),
            CommandLineOption("reason", value: "TEXT", help: "Why; it is kept in the audit."),
            CommandLineOption("confirm", help: "Do not ask: what is shown may move."),
            CommandLineOption("url", value: "URL", help: "Where operators dial, if not as at first."),
        ]
    )

    static func run(_ parsed: ParsedCommandLine) async throws(CommandLineError) -> Int32 {
        let directory = try parsed.required("data")
        do {
            let credentials = try AdminCredentials(dataDirectory: directory)
            let call = try OperatorCall(credentials: credentials, url: parsed.string("url"))
            let view = try await call.controller()
            guard let frozen = view.frozen ?? view.quarantine else {
                print("the controller is not frozen (epoch \(view.epoch)): nothing to do")
                return 0
            }
            print(ThawText.text(frozen, epoch: view.epoch, isWhole: view.frozen != nil))
            guard parsed.flag("confirm") || ask() else {
                LineLogHandler.writeToStandardError(
                    "muster-controller: nothing was thawed; say --confirm, or type yes on a terminal\n"
                )
                return 1
            }
            _ = try await call.thaw(epoch: view.epoch, reason: parsed.string("reason"))
            print("thawed. Rollouts that the freeze paused stay paused: muster rollout resume NAME")
            return 0
        } catch {
            LineLogHandler.writeToStandardError("muster-controller: \(error)\n")
            return 1
        }
    }

    private static func ask() -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        LineLogHandler.writeToStandardError("\nType yes to let this move: ")
        return readLine() == "yes"
    }
}

import DaemonKit
import Fleet
import FleetController
import Glibc

/// `muster-controller backup` and `muster-controller restore`.
enum BackupProgram {
    static let backup = CommandLineCommand(
        name: "backup",
        summary: "Copy store, authority, credentials and blobs into a new directory; the controller may run meanwhile.",
        options: [
            CommandLineOption("data", value: "DIR", help: "The controller's data directory."),
            CommandLineOption(
                "to",
                value: "DIR",
                help: "A directory that is not there yet. It holds secrets: guard it."
            ),
        ]
    )
    static let restore = CommandLineCommand(
        name: "restore",
        summary: "Put a backup into an empty data directory; the controller then moves nothing until it is thawed.",
        options: [
            CommandLineOption("from", value: "DIR", help: "What `muster-controller backup` made."),
            CommandLineOption("data", value: "DIR", help: "The new data directory: not there yet, or empty."),
        ]
    )

    static func runBackup(_ parsed: ParsedCommandLine) async throws(CommandLineError) -> Int32 {
        let (data, target) = (try parsed.required("data"), try parsed.required("to"))
        do {
            let made = try await ControllerBackup.make(
                of: data,
                to: target,
                version: BuildInfo.version,
                now: TimeSource.system.now()
            )
            print(
                "backed up to \(target): revision \(made.revision) of epoch \(made.epoch), \(made.blobs) blobs of "
                    + "\(made.blobBytes) bytes"
            )
            print("its audit ends with --known \(made.audit.sequence):\(made.audit.hash)")
            guard made.damaged.isEmpty else {
                let names = made.damaged.map(\.description).joined(separator: ", ")
                complain(
                    "the backup lacks \(made.damaged.count) blobs that are damaged in \(data): \(names); push their model "
                        + "versions again: muster model push"
                )
                return 1
            }
            return 0
        } catch {
            complain("\(error)")
            return 1
        }
    }

    static func runRestore(_ parsed: ParsedCommandLine) async throws(CommandLineError) -> Int32 {
        let (source, data) = (try parsed.required("from"), try parsed.required("data"))
        do {
            let made = try await ControllerBackup.restore(source, to: data, now: TimeSource.system.now())
            print(
                """
                restored to \(data): revision \(made.revision), as it was at \(made.madeAt), now of epoch \(made.epoch), frozen

                Next: muster-controller run --data \(data) (agents return by themselves; nothing moves)
                      muster-controller thaw --data \(data) (shows what hosts report and what would move, and asks)
                """
            )
            return 0
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private static func complain(_ text: String) {
        LineLogHandler.writeToStandardError("muster-controller: \(text)\n")
    }
}

import DaemonKit
import Fleet
import FleetController
import Logging

let options = CommandLineOptions(
    program: "muster-controller",
    summary: "Holds what should run where, and follows what does.",
    commands: [
        CommandLineCommand(
            name: "run",
            summary: "Serve agents and operators until told to stop.",
            options: [
                CommandLineOption("data", value: "DIR", help: "Where database, blobs and authority are kept."),
                CommandLineOption(
                    "listen-agents",
                    value: "HOST:PORT",
                    help: "Where agents dial.",
                    default: "127.0.0.1:7443"
                ),
                CommandLineOption(
                    "listen-api",
                    value: "HOST:PORT",
                    help: "Where operators dial.",
                    default: "127.0.0.1:7444"
                ),
                CommandLineOption(
                    "name",
                    value: "NAME",
                    help: "A further name or address that agents and operators dial.",
                    isRepeatable: true
                ),
                CommandLineOption(
                    "lease-interval",
                    value: "SPAN",
                    help: "Between two leases of a host; it counts as unreachable after three.",
                    default: "15s"
                ),
                CommandLineOption(
                    "renew-within",
                    value: "DAYS",
                    help: "So long after its certificate's end a host returns by its own key; 0d for never.",
                    default: "30d"
                ),
                CommandLineOption("threads", value: "COUNT", help: "Threads of the agent port.", default: "1"),
            ]
        ),
        BackupProgram.backup, BackupProgram.restore, ThawProgram.command,
    ],
    defaultCommand: "run"
)

await ControllerProgram.run(options)

import DaemonKit
import Fleet

extension AgentProgram {
    /// `muster-agent check`, with the settings that `run` is given.
    static func checkCommand(_ shared: [CommandLineOption]) -> CommandLineCommand {
        CommandLineCommand(
            name: "check",
            summary:
                "Say what on this host matters to its agent. Changes nothing; exits 1 when something must be done.",
            options: shared + [
                CommandLineOption(
                    "port",
                    value: "PORT",
                    help: "Look at this port as a deployment's endpoint too.",
                    isRepeatable: true
                ),
                CommandLineOption("output", short: "o", value: "FORM", help: "text or json.", default: "text"),
            ]
        )
    }

    /// Prints the report; 0 when the host is fit.
    static func check(_ parsed: ParsedCommandLine, files: AgentFiles) throws -> Int32 {
        var planned: [UInt16] = []
        for text in parsed.strings("port") {
            guard let port = UInt16(text), port > 0 else {
                throw parsed.refusal("port", text, "it must be a whole number from 1 to 65535")
            }
            planned.append(port)
        }
        let isJSON = try parsed.choice("output", among: ["text", "json"], name: \.self) == "json"
        let report = HostCheck(
            files: files,
            ports: try privatePorts(parsed),
            setting: try endpointSetting(parsed),
            planned: planned,
            replicaUser: parsed.string("replica-user"),
            policy: try policyFile(parsed),
            engine: containerEngine(parsed)
        ).report()
        print(isJSON ? String(decoding: try JSONCoding.encode(report), as: UTF8.self) : report.text)
        return report.isFit ? 0 : 1
    }
}

import DaemonKit
import Fleet
import Logging
import Testing

@Suite struct CommandLineOptionsTests {
    static let options = CommandLineOptions(
        program: "muster-agent",
        summary: "runs models on one host.",
        commands: [
            CommandLineCommand(
                name: "run",
                summary: "Run the agent.",
                options: [
                    CommandLineOption(
                        "data-dir",
                        value: "DIR",
                        help: "Where it keeps things.",
                        default: "/var/lib/muster"
                    ),
                    CommandLineOption("lease", value: "SPAN", help: "How often."),
                    CommandLineOption("label", value: "KEY=VALUE", help: "A label.", isRepeatable: true),
                    CommandLineOption("port", short: "p", value: "PORT", help: "A port."),
                    CommandLineOption("offline", help: "Without a controller."),
                ]
            ),
            CommandLineCommand(name: "enroll", summary: "Enrol the host.", arguments: ["TOKEN"]),
        ],
        defaultCommand: "run"
    )

    func parsed(_ arguments: [String], environment: [String: String] = [:]) throws -> ParsedCommandLine {
        guard case .run(let parsed) = try Self.options.parse(arguments, environment: environment) else {
            throw CommandLineError("help was shown")
        }
        return parsed
    }

    @Test func readsEveryForm() throws {
        let line = ["run", "--data-dir", "/a", "--lease=15s", "--label", "env=prod", "--label=site=ulm", "--offline"]
        let parsed = try parsed(line)
        #expect(parsed.command == "run")
        #expect(parsed.string("data-dir") == "/a")
        #expect(try parsed.span("lease") == .seconds(15))
        #expect(parsed.strings("label") == ["env=prod", "site=ulm"])
        #expect(parsed.flag("offline"))
        #expect(parsed.string("port") == nil)
        #expect(try self.parsed(["run", "-p", "81"]).string("port") == "81")
        #expect(try self.parsed(["run", "-p=82"]).string("port") == "82")
        #expect(throws: CommandLineError.self) { try self.parsed(["run", "-q", "81"]) }
        #expect(throws: CommandLineError.self) { try self.parsed(["run", "-p", "81", "--port", "82"]) }
        #expect(try LogSettings(parsed) == LogSettings(level: .info, format: .logfmt))
    }

    @Test func theCommandLineIsBeforeTheEnvironmentAndTheDefault() throws {
        #expect(try parsed([]).string("data-dir") == "/var/lib/muster")
        let environment = [
            "MUSTER_AGENT_DATA_DIR": "/e", "MUSTER_AGENT_LABEL": "a=1,b=2", "MUSTER_AGENT_OFFLINE": "true",
        ]
        let fromEnvironment = try parsed([], environment: environment)
        #expect(fromEnvironment.string("data-dir") == "/e")
        #expect(fromEnvironment.strings("label") == ["a=1", "b=2"])
        #expect(fromEnvironment.flag("offline"))
        #expect(try parsed(["--data-dir=/c"], environment: environment).string("data-dir") == "/c")
    }

    @Test func positionalArgumentsAreCounted() throws {
        #expect(try parsed(["enroll", "word"]).arguments == ["word"])
        #expect(try parsed(["enroll", "--", "--word"]).arguments == ["--word"])
    }

    @Test(arguments: [
        (["--data-dri", "x"], "has no option --data-dri; did you mean --data-dir?"),
        (["-d"], "has no option -d"),
        (["rum"], "has no command 'rum'; did you mean 'run'?"),
        (["--data-dir"], "--data-dir needs a value; write `--data-dir DIR`"),
        (["--data-dir", "a", "--data-dir", "b"], "--data-dir was given twice"),
        (["--offline=yes"], "--offline takes no value"),
        (["run", "extra"], "`muster-agent run` does not take 'extra'"),
        (["enroll"], "`muster-agent enroll` needs TOKEN"),
    ])
    func refuses(arguments: [String], why: String) {
        let error = #expect(throws: CommandLineError.self) { try Self.options.parse(arguments) }
        #expect(error?.message.contains(why) == true, "\(error?.message ?? "nothing")")
    }

    @Test func refusesValues() throws {
        let parsed = try parsed(["--lease", "15", "--port", "99999", "--log-level", "inf"])
        let span = #expect(throws: CommandLineError.self) { try parsed.span("lease") }
        #expect(span?.message == "--lease does not take '15': write a length of time like 10s, 5m or 1h30m")
        let port = #expect(throws: CommandLineError.self) { try parsed.integer("port", in: 1...65_535) }
        #expect(port?.message.contains("from 1 to 65535") == true)
        let level = #expect(throws: CommandLineError.self) { try LogSettings(parsed) }
        #expect(level?.message.contains("did you mean 'info'?") == true)
        let missing = #expect(throws: CommandLineError.self) { try parsed.required("token") }
        #expect(missing?.message.contains("needs --token") == true)
        let flag = #expect(throws: CommandLineError.self) {
            try Self.options.parse([], environment: ["MUSTER_AGENT_OFFLINE": "maybe"])
        }
        #expect(flag?.message.contains("MUSTER_AGENT_OFFLINE is 'maybe'") == true)
    }

    @Test(arguments: [["--help"], ["-h"], ["help"]])
    func showsTheCommands(arguments: [String]) throws {
        guard case .show(let text) = try Self.options.parse(arguments) else {
            Issue.record("nothing was shown")
            return
        }
        #expect(text.contains("run (default)  Run the agent."))
        #expect(text.contains("enroll         Enrol the host."))
    }

    @Test(arguments: [["run", "--help"], ["help", "run"], ["--offline", "--help"]])
    func showsTheOptions(arguments: [String]) throws {
        guard case .show(let text) = try Self.options.parse(arguments) else {
            Issue.record("nothing was shown")
            return
        }
        #expect(text.contains("  --data-dir DIR       Where it keeps things. Default: /var/lib/muster."))
        #expect(text.contains("  --label KEY=VALUE    A label. (may be repeated)"))
        #expect(text.contains("MUSTER_AGENT_NAME_OF_OPTION"))
    }

    @Test(arguments: [["--version"], ["version"], ["run", "--version"]])
    func showsTheVersion(arguments: [String]) throws {
        #expect(try Self.options.parse(arguments) == .show("muster-agent \(BuildInfo.version)"))
    }
}

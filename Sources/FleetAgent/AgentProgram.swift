import DaemonKit
import Fleet
import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOPosix
import RPCTransport
import Synchronization

/// What `muster-agent` does, for a thin executable.
package enum AgentProgram {
    private static let options = CommandLineOptions(
        program: "muster-agent",
        summary: "runs and proves model servers on this host, as a Muster controller asks",
        commands: [
            CommandLineCommand(
                name: "enroll",
                summary: "Make this machine a host of a fleet, with a token from `muster host token create`.",
                options: [
                    CommandLineOption("controller", value: "HOST:PORT", help: "The controller's port for agents."),
                    CommandLineOption("token", value: "TOKEN", help: "The single-use token; - reads it."),
                    data,
                    CommandLineOption("name", value: "NAME", help: "The host's name in the fleet; else its own name."),
                    CommandLineOption(
                        "label",
                        value: "KEY=VALUE",
                        help: "A label that the token grants.",
                        isRepeatable: true
                    ),
                    CommandLineOption(
                        "address",
                        value: "ADDRESS",
                        help: "The address that replicas bind; else the one that leads to the controller."
                    ),
                    CommandLineOption(
                        "again",
                        help: "Give an enrolled host another identity, as after it was revoked; what it serves stays."
                    ),
                ] + proxyOptions
            ),
            CommandLineCommand(
                name: "run",
                summary: "Run the agent of an enrolled host until SIGTERM. Its replicas go on without it.",
                options: [
                    data,
                    replicaUser,
                    policy,
                    CommandLineOption("shim", value: "PATH", help: "The muster-shim to use; else the one beside this."),
                    endpoint,
                    containerEngine,
                    CommandLineOption(
                        "blob-quota",
                        value: "AMOUNT",
                        help: "The most that models may take of the disk: 200Gi, or 80% of what they take and is free.",
                        default: BlobQuota.standard.description
                    ),
                    ports,
                    CommandLineOption(
                        "ready-directory",
                        value: "DIR",
                        help: "Where a file of each deployment says that it answers here, for load balancers."
                    ),
                    CommandLineOption(
                        "drain-notice",
                        value: "SPAN",
                        help: "How long an endpoint stays open once that file has gone: 0s to 5m.",
                        default: "0s"
                    ),
                    CommandLineOption(
                        "scrape",
                        value: "SPAN",
                        help: "How often figures are read and sent: 5s to 1h, or 0s for never.",
                        default: "15s"
                    ),
                    CommandLineOption(
                        "telemetry-quota",
                        value: "MIB",
                        help: "MiB of figures that wait on the disk for the controller; the oldest are dropped.",
                        default: "16"
                    ),
                ] + proxyOptions
            ),
            checkCommand([data, replicaUser, policy, endpoint, containerEngine, ports]),
            endpointCommand([data]),
        ] + localCommands(data)
    )

    private static let data = CommandLineOption(
        "data",
        value: "DIR",
        help: "The agent's data directory, absolute.",
        default: "/var/lib/muster-agent"
    )

    private static let replicaUser = CommandLineOption(
        "replica-user",
        value: "USER",
        help: "The user that replicas run as; else the agent's own. Takes root or capabilities."
    )

    private static let policy = CommandLineOption(
        "policy",
        value: "FILE",
        help: "What the controller may ask of this host; else \(PolicyFile.standard), if there is one."
    )

    private static let endpoint = CommandLineOption(
        "endpoint",
        value: "HOW",
        help: "How endpoints are switched: auto (by nftables, with CAP_NET_ADMIN) or off (with a gap).",
        default: EndpointSetting.auto.rawValue
    )

    private static let containerEngine = CommandLineOption(
        "container-engine",
        value: "SOCKET",
        help: "The API socket of Podman or Docker; else \(EngineSocket.usual.joined(separator: " or "))."
    )

    private static let ports = CommandLineOption(
        "private-ports",
        value: "LOW-HIGH",
        help: "The ports that replicas get, outside the kernel's ephemeral range.",
        default: "\(PrivatePorts.standard.range.lowerBound)-\(PrivatePorts.standard.range.upperBound)"
    )

    /// Runs the process's own command line; the exit code.
    package static func main() async -> Int32 {
        // One loop and two threads for files carry a host's whole traffic; each more costs memory on every host.
        NIOSingletons.groupLoopCountSuggestion = 1
        NIOSingletons.blockingPoolThreadCountSuggestion = 2
        let parsed = options.parseOrExit()
        do {
            let logger = try LogSettings(parsed).bootstrap(label: "muster-agent")
            if let verb = LocalRequest.Verb(rawValue: parsed.command) {
                return try await local(verb, parsed, files: AgentFiles(directory: try dataDirectory(parsed)))
            }
            switch parsed.command {
            case "check": return try check(parsed, files: AgentFiles(directory: try dataDirectory(parsed)))
            case "endpoint": return try self.endpoint(parsed, files: AgentFiles(directory: try dataDirectory(parsed)))
            case "enroll": return try await enroll(parsed, logger)
            default: return try await run(parsed, logger)
            }
        } catch let error as CommandLineError {
            options.exit(reporting: error)
        } catch {
            LineLogHandler.writeToStandardError("muster-agent: \(error)\n")
            return (error as? AgentError)?.code.exitCode ?? 1
        }
    }

    /// A relative directory is one below the directory that the agent was started in.
    private static func dataDirectory(_ parsed: ParsedCommandLine) throws(CommandLineError) -> String {
        absolute(try parsed.required("data"))
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// The policy; one that is named must be there.
    static func policyFile(_ parsed: ParsedCommandLine) throws(CommandLineError) -> PolicyFile {
        guard let given = parsed.string("policy") else { return PolicyFile() }
        let file = PolicyFile(named: absolute(given))
        guard !file.isMissing else {
            throw parsed.refusal(
                "policy",
                given,
                "there is no such file, and without it nobody knows what this host allows; write it, or leave the option out "
                    + "(then \(PolicyFile.standard) counts, if there is one)"
            )
        }
        return file
    }

    private static func run(_ parsed: ParsedCommandLine, _ logger: Logger) async throws -> Int32 {
        let files = try AgentFiles(directory: try dataDirectory(parsed))
        var identity = try AgentIdentity(directory: files.directory)
        let proxy = try proxy(
            parsed,
            written: identity.settings.proxy,
            controller: identity.settings.controllerHost,
            directory: files.directory,
            environment: [:]
        )
        try identity.setProxy(proxy)
        let user = try parsed.string("replica-user").map { (name) throws(AgentError) in try ReplicaUser(named: name) }
        let agent = try Agent(
            files: files,
            identity: identity,
            shim: parsed.string("shim"),
            engine: containerEngine(parsed),
            replicaUser: user,
            policy: try policyFile(parsed),
            endpoint: try endpointSetting(parsed),
            ready: try readyFiles(parsed),
            ports: try privatePorts(parsed),
            telemetry: try telemetry(parsed),
            quota: try quota(parsed),
            group: RPCEventLoops.shared,
            logger: logger
        )
        logger.info(
            "agent started",
            metadata: ["host": "\(identity.settings.name)", "version": "\(BuildInfo.version)"]
        )
        if user.map({ $0.isRoot }) ?? (geteuid() == 0) {
            logger.warning("replicas run as root; give them a user with --replica-user, or the agent one of its own")
        }
        return await run(agent, logger)
    }

    private static func run(_ agent: Agent, _ logger: Logger) async -> Int32 {
        let failure = Mutex<AgentError?>(nil)
        let part = DaemonPart(name: "agent") {
            do {
                try await GracefulShutdown.cancelling { try await agent.run() }
            } catch let error as AgentError {
                failure.withLock { $0 = error }
                throw error
            }
        }
        let code = await Daemon(parts: [part], deadline: .seconds(5), logger: logger).run()
        return failure.withLock { $0?.code.exitCode } ?? code
    }

    static func endpointSetting(_ parsed: ParsedCommandLine) throws(CommandLineError) -> EndpointSetting {
        try parsed.choice("endpoint", among: EndpointSetting.allCases, name: \.rawValue) ?? .auto
    }

    /// The engine's socket; `nil` for the usual ones.
    static func containerEngine(_ parsed: ParsedCommandLine) -> String? {
        parsed.string("container-engine").map(absolute)
    }

    static func privatePorts(_ parsed: ParsedCommandLine) throws(CommandLineError) -> PrivatePorts {
        let text = try parsed.required("private-ports")
        guard let ports = PrivatePorts(text) else {
            throw parsed.refusal("private-ports", text, "write LOW-HIGH from 1024 to 65535, for example 18000-18999")
        }
        return ports
    }

    private static func readyFiles(_ parsed: ParsedCommandLine) throws(CommandLineError) -> ReadyFiles {
        let directory = parsed.string("ready-directory").map(absolute)
        let notice = try parsed.span("drain-notice") ?? .seconds(0)
        guard notice <= .seconds(300) else { throw parsed.refusal("drain-notice", "\(notice)", "write 0s to 5m") }
        guard directory != nil || notice == .seconds(0) else {
            throw parsed.refusal(
                "drain-notice",
                "\(notice)",
                "nobody would see the notice; say where the files stand, with --ready-directory, or leave it out"
            )
        }
        return ReadyFiles(directory: directory, notice: notice)
    }

    private static func telemetry(_ parsed: ParsedCommandLine) throws(CommandLineError) -> TelemetrySettings {
        let standard = TelemetrySettings()
        let interval = try parsed.span("scrape") ?? standard.interval
        guard interval == .seconds(0) || (interval >= .seconds(5) && interval <= .seconds(3600)) else {
            throw parsed.refusal("scrape", "\(interval)", "write 5s to 1h, or 0s for never")
        }
        let quota = try parsed.integer("telemetry-quota", in: 1...4096).map { Int64($0) << 20 }
        return TelemetrySettings(interval: interval, quota: quota ?? standard.quota)
    }

    private static func enroll(_ parsed: ParsedCommandLine, _ logger: Logger) async throws -> Int32 {
        let files = try AgentFiles(directory: try dataDirectory(parsed))
        let (host, port) = try controller(parsed)
        let name = parsed.string("name") ?? HostSystem.name
        if let why = NameRule.problem(withName: name) { throw parsed.refusal("name", name, "it \(why)") }
        let proxy = try proxy(
            parsed,
            written: nil,
            controller: host,
            directory: files.directory,
            environment: ProcessInfo.processInfo.environment
        )
        let hop = proxy?.address?.host ?? host
        let enrolment = HostEnrolment(
            controllerHost: host,
            controllerPort: port,
            token: try token(parsed),
            dataDirectory: files.directory,
            name: name,
            labels: try labels(parsed),
            address: try address(parsed, controller: hop),
            proxy: proxy,
            isAgain: parsed.flag("again")
        )
        try await enrolment.run(time: .system, random: .system, logger: logger)
        let settings = try AgentIdentity(directory: files.directory).settings
        print("enrolled '\(settings.name)' as host \(settings.hostID), address \(settings.address)")
        print("start it with: muster-agent run --data \(files.directory)")
        return 0
    }

    private static func quota(_ parsed: ParsedCommandLine) throws(CommandLineError) -> BlobQuota {
        guard let text = parsed.string("blob-quota") else { return .standard }
        guard let quota = BlobQuota(text) else {
            throw parsed.refusal("blob-quota", text, "write an amount such as 200Gi, or 1% to 100%")
        }
        return quota
    }

    private static func controller(_ parsed: ParsedCommandLine) throws(CommandLineError) -> (String, Int) {
        let text = try parsed.required("controller")
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port), colon != text.startIndex
        else {
            throw parsed.refusal("controller", text, "write HOST:PORT, for example controller.example:7443")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }

    /// The token from the command line or, since every user may read those, from MUSTER_AGENT_TOKEN or standard input.
    private static func token(_ parsed: ParsedCommandLine) throws(CommandLineError) -> String {
        let given = try parsed.required("token")
        guard given == "-" else { return given }
        guard let line = readLine(), let token = line.split(separator: " ").first else {
            throw parsed.refusal("token", given, "standard input is empty; write the token to it")
        }
        return String(token)
    }

    private static func address(
        _ parsed: ParsedCommandLine,
        controller: String
    ) throws(CommandLineError) -> String {
        guard let address = parsed.string("address") ?? HostAddress.towards(controller) else {
            throw CommandLineError(
                "no address of this host leads to \(controller); check the name and the network, "
                    + "or give this host's address with --address"
            )
        }
        guard HostAddress.isOwn(address) else {
            throw parsed.refusal("address", address, "it is no IP address of this host; `ip address` lists them")
        }
        return address
    }

    private static func labels(_ parsed: ParsedCommandLine) throws(CommandLineError) -> [String: String] {
        var labels: [String: String] = [:]
        for text in parsed.strings("label") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw parsed.refusal("label", text, "write KEY=VALUE") }
            if let why = NameRule.problem(withLabelKey: parts[0]) {
                throw parsed.refusal("label", text, "the key \(why)")
            }
            if let why = NameRule.problem(withLabelValue: parts[1]) {
                throw parsed.refusal("label", text, "the value \(why)")
            }
            guard labels.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw parsed.refusal("label", text, "the key '\(parts[0])' was given twice")
            }
        }
        return labels
    }
}

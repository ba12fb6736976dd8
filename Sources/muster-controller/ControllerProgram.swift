import DaemonKit
import Fleet
import FleetController
import FleetSecurity
import Glibc
import Logging
import OperatorAPI

/// The program: settings in, parts run, exit code out.
enum ControllerProgram {
    static func run(_ options: CommandLineOptions) async -> Never {
        let parsed = options.parseOrExit()
        do throws(CommandLineError) {
            switch parsed.command {
            case ThawProgram.command.name: exit(try await ThawProgram.run(parsed))
            case BackupProgram.backup.name: exit(try await BackupProgram.runBackup(parsed))
            case BackupProgram.restore.name: exit(try await BackupProgram.runRestore(parsed))
            default: break
            }
            let settings = try settings(parsed)
            let logger = try LogSettings(parsed).bootstrap(label: "muster-controller")
            exit(await serve(settings, logger: logger))
        } catch {
            options.exit(reporting: error)
        }
    }

    private static func serve(_ settings: ControllerSettings, logger: Logger) async -> Int32 {
        do {
            let controller = try await Controller(settings: settings, logger: logger)
            let api = try OperatorServer(
                host: settings.apiHost,
                port: settings.apiPort,
                certificateChainPEM: controller.apiCredentials.certificateChainPEM,
                keyPEM: controller.apiCredentials.keyPEM,
                operations: controller.operations,
                logger: logger
            )
            try await controller.start()
            logger.info(
                "controller ready",
                metadata: [
                    "authority": "\(controller.authorityDigest)", "credentials": "\(controller.credentialsPath)",
                    "version": "\(BuildInfo.version)",
                ]
            )
            let manager = ServiceManager(logger: logger)
            // The other port is bound already: agents and operators are answered now.
            let operatorPort = DaemonPart(name: "operator API") { try await api.run { _ in manager.ready() } }
            let code = await Daemon(parts: controller.parts + [operatorPort], logger: logger).run()
            await controller.close()
            return code
        } catch {
            logger.critical("the controller cannot start", metadata: ["error": "\(error)"])
            return 1
        }
    }

    private static func settings(_ parsed: ParsedCommandLine) throws(CommandLineError) -> ControllerSettings {
        let agents = try endpoint(parsed, "listen-agents")
        let api = try endpoint(parsed, "listen-api")
        let interval = try parsed.span("lease-interval") ?? .seconds(15)
        guard interval >= .seconds(1), interval <= .seconds(3600) else {
            throw parsed.refusal("lease-interval", "\(interval)", "it must be between 1s and 1h")
        }
        return ControllerSettings(
            dataDirectory: try parsed.required("data"),
            agentHost: agents.host,
            agentPort: agents.port,
            apiHost: api.host,
            apiPort: api.port,
            names: parsed.strings("name"),
            leaseInterval: interval,
            threads: try parsed.integer("threads", in: 1...64) ?? 1,
            renewWithin: try renewWithin(parsed)
        )
    }

    /// A number of days, or a span.
    private static func renewWithin(_ parsed: ParsedCommandLine) throws(CommandLineError) -> Span {
        let text = try parsed.required("renew-within")
        let days = text.hasSuffix("d") ? Int64(text.dropLast()) : nil
        let span = days.flatMap { (0...3650).contains($0) ? Span.seconds($0 * 86_400) : nil } ?? Span(text)
        guard let span, span <= .seconds(3650 * 86_400) else {
            let advice = "write days like 30d, up to 3650d, or hours like 36h; 0d for never"
            throw parsed.refusal("renew-within", text, advice)
        }
        return span
    }

    private static func endpoint(
        _ parsed: ParsedCommandLine,
        _ option: String
    ) throws(CommandLineError) -> (host: String, port: Int) {
        let text = try parsed.required(option)
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon != text.startIndex
        else {
            throw parsed.refusal(option, text, "it must be HOST:PORT, for example 127.0.0.1:7443")
        }
        let host = text[..<colon]
        return (String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host), port)
    }
}

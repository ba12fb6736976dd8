import ArgumentParser
import Fleet
import FleetClient

/// `muster endpoints`.
struct EndpointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoints",
        abstract: "List where deployments answer, for people, load balancers and Prometheus.",
        discussion: """
            An endpoint is an address and a port of one host. It is listed while the host is selected, or until its \
            replica has stopped, also when nothing answers there now and when the controller does not hear the host: an \
            endpoint serves on while the link is down, so only a load balancer's own check may take it out.
            haproxy writes a backend of each deployment, with the check that Muster itself asks; a host that is leaving \
            gets no new connections (weight 0). prometheus-sd writes what file_sd_configs reads: targets with the labels \
            deployment and host, and what changes as __meta_muster_…, for relabelling.
            """
    )

    /// How they are printed.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        /// For people.
        case table
        /// For programs: every endpoint with what is known of it.
        case json
        /// Backends for HAProxy 2.2 and later.
        case haproxy
        /// For Prometheus' file_sd_configs and http_sd_configs.
        case prometheus = "prometheus-sd"
    }

    @Argument(help: "The deployments; all of them unless said.", completion: NameCompletion.names(of: .deployment))
    var names: [String] = []
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Only hosts whose labels match, like 'env=prod,site in (lyon,ulm)'."
    )
    var selector: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print.") var output: Output = .table

    @Option(
        help: "With -o haproxy: the port where hosts say beforehand that an endpoint closes (7445 with the packages)."
    )
    var readyPort: UInt16?

    func validate() throws {
        guard readyPort == nil || output == .haproxy else {
            throw ValidationError(
                "--ready-port has no effect with -o \(output.rawValue); write -o haproxy, or leave it out"
            )
        }
        guard readyPort != 0 else { throw ValidationError("--ready-port is 0; write a port from 1 to 65535") }
    }

    func run() async throws {
        let names = try names.map { try ObjectReference.deployment($0) }
        try await OperatorSession.run { session in
            let hosts = try await session.client.list(.hosts, selector: selector).items
            guard !hosts.isEmpty || selector == nil else {
                throw CommandFailure(
                    .nothingMatches,
                    "no host matches '\(selector ?? "")'",
                    hint: "see 'muster get hosts'"
                )
            }
            let runtimes = try await session.client.list(.runtimes).items.map(\.runtime)
            let services = try await Self.deployments(names, in: session).compactMap { view in
                EndpointService(view, hosts: hosts, runtimes: runtimes)
            }
            if let name = names.first(where: { name in !services.contains { $0.deployment == name } }) {
                throw CommandFailure(
                    .nothingMatches,
                    "\(name) has no endpoint",
                    hint: "give it one: spec.scope.endpoint: {port: 8080, to: http}"
                )
            }
            session.terminal.say(try text(of: services, session.terminal.style, now: session.now))
        }
    }

    private func text(of services: [EndpointService], _ style: TextStyle, now: Instant) throws -> String {
        switch output {
        case .table: EndpointPrinter.table(services, style: style, now: now)
        case .json: try ObjectPrinter.json(services.flatMap(\.endpoints))
        case .haproxy: EndpointPrinter.haproxy(services, readyPort: readyPort, now: now)
        case .prometheus: try ObjectPrinter.json(EndpointPrinter.targets(services))
        }
    }

    /// The deployments, each with all of its hosts: lists leave out those of a deployment that has many.
    private static func deployments(_ names: [String], in session: OperatorSession) async throws -> [DeploymentView] {
        var views: [DeploymentView] = []
        if names.isEmpty {
            for view in try await session.client.list(.deployments).items {
                let isWhole = !view.hosts.isEmpty
                views.append(isWhole ? view : try await session.client.get(.deployments, view.deployment.name))
            }
        } else {
            for name in names { views.append(try await session.client.get(.deployments, name)) }
        }
        return views
    }
}

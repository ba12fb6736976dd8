/// How a model is served: manifest kind `Runtime`.
package struct RuntimeProfile: Hashable, Sendable, Codable {
    /// What starts and holds a replica.
    package enum Driver: String, Hashable, Sendable, Codable, CaseIterable {
        /// A process held by `muster-shim`.
        case process
        /// A transient unit of the host's systemd.
        case systemd
        /// A container of the host's Podman or Docker.
        case container
        /// A server that runs already: a replica is a model that it holds.
        case external
    }

    /// What only `driver: systemd` has.
    package struct SystemdSettings: Hashable, Sendable, Codable {
        /// How far a replica is kept from the rest of the host.
        package enum Sandbox: String, Hashable, Sendable, Codable, CaseIterable {
            /// A file system that it can only read, a `/tmp` of its own, no kernel settings.
            case strict
            /// Nothing but that it gains no privileges.
            case off
        }

        /// The name that stands for a user that systemd makes for each start.
        package static let dynamicUser = "dynamic"
        /// What a runtime that says nothing gets.
        package static let standard = SystemdSettings()

        /// Whom replicas run as; the agent's `--replica-user`, or else `dynamic`, when `nil`.
        package var user: String?
        /// How far a replica is kept from the rest of the host.
        package var sandbox: Sandbox

        /// What only `driver: systemd` has.
        package init(user: String? = nil, sandbox: Sandbox = .strict) {
            self.user = user
            self.sandbox = sandbox
        }
    }

    /// What only `driver: container` has.
    package struct ContainerSettings: Hashable, Sendable, Codable {
        /// Which network a container is in.
        package enum Network: String, Hashable, Sendable, Codable, CaseIterable {
            /// The host's own.
            case host
            /// The engine's default one: the container has an address of its own, which the endpoint leads to.
            case bridge
        }

        /// The image, by its digest: an `ImageReference`.
        package var image: String
        /// Which network it is in.
        package var network: Network
        /// Whom its processes run as, by numbers: `UID` or `UID:GID`; whom the agent runs replicas as when `nil`.
        package var user: String?
        /// By name, the ports that the server has in the container whatever it is told: with `bridge` only. The numbers that
        /// the agent finds are those inside, too, where none is said; `nil` when none is.
        package var ports: [String: UInt16]?

        /// What only `driver: container` has.
        package init(
            image: String,
            network: Network = .host,
            user: String? = nil,
            ports: [String: UInt16] = [:]
        ) {
            self.image = image
            self.network = network
            self.user = user
            self.ports = ports.isEmpty ? nil : ports
        }

        /// The numbers of a user and its group; the same number for both where one is said.
        package static func numbers(ofUser text: String) -> (user: UInt32, group: UInt32)? {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    ? UInt32(part).flatMap { $0 < .max ? $0 : nil } : nil
            }
            guard let user = numbers.first, let group = numbers.last, numbers.count == parts.count, numbers.count <= 2
            else { return nil }
            return (user, group)
        }

        /// Why `text` is no user by numbers, or `nil`.
        package static func problem(withUser text: String) -> String? {
            numbers(ofUser: text) == nil
                ? "is not the number of a user, or UID:GID: an image's own names mean nothing to the host" : nil
        }
    }

    /// How one revision replaces another.
    package enum Update: String, Hashable, Sendable, Codable, CaseIterable {
        /// Stop the old, start and prove the new: a gap that `plan` names.
        case recreate
        /// Start and prove the new beside the old, switch the endpoint, then drain and stop the old. Without the privilege
        /// to switch: prove the new on a private port, then stop both and start it on the public one.
        case sideBySide
    }

    /// An HTTP GET that must answer 200.
    package struct HTTPCheck: Hashable, Sendable, Codable {
        /// The name of one of the runtime's ports.
        package var port: String
        /// A path; a template.
        package var path: String

        /// A check of one path on one port.
        package init(port: String, path: String) {
            self.port = port
            self.path = path
        }
    }

    /// Where figures are read.
    package struct MetricsSource: Hashable, Sendable, Codable {
        /// The name of one of the runtime's ports.
        package var port: String
        /// The path of the exposition text.
        package var path: String
        /// Which of its names feed which figure; `nil` for the names of the servers that are built in.
        package var names: MetricNames?

        /// Metrics at one path of one port.
        package init(port: String, path: String, names: MetricNames? = nil) {
            self.port = port
            self.path = path
            self.names = names
        }
    }

    /// How a replica is stopped: out of service, `drain`, then `signal`, then after `grace` SIGKILL.
    package struct Stop: Hashable, Sendable, Codable {
        /// How long established requests may go on before the signal.
        package var drain: Span
        /// `TERM`, `INT` or `QUIT`.
        package var signal: String
        /// How long after the signal the process may live.
        package var grace: Span

        /// How a replica is stopped.
        package init(drain: Span, signal: String, grace: Span) {
            self.drain = drain
            self.signal = signal
            self.grace = grace
        }

        /// What a runtime that says nothing gets.
        package static let standard = Stop(drain: .seconds(0), signal: "TERM", grace: .seconds(30))
    }

    /// Unique within the project.
    package var name: String
    /// For selection and display.
    package var labels: [String: String]
    /// What starts a replica.
    package var driver: Driver
    /// What must be installed on a host before anything moves there; `nil` when nothing is asked.
    package var requires: [RuntimeRequirement]?
    /// The server itself, where the runtime brings it along; `nil` when the host has it.
    package var bundle: RuntimeBundle?
    /// The program and its arguments; templates. Empty where nothing is started.
    package var command: [String]
    /// Environment variables.
    package var environment: [String: VariableValue]
    /// The names of the ports that the agent allocates for each replica, or of those that the server has.
    package var ports: [String]
    /// How one revision replaces another.
    package var update: Update
    /// Whether the process lives; optional.
    package var live: HTTPCheck?
    /// Whether *this model* can answer.
    package var ready: HTTPCheck
    /// Where figures are read; optional.
    package var metrics: MetricsSource?
    /// How a replica is stopped.
    package var stop: Stop
    /// What only `driver: systemd` has; `nil` when nothing of it is said.
    package var systemd: SystemdSettings?
    /// What only `driver: container` has, and must have.
    package var container: ContainerSettings?
    /// What only `driver: external` has, and must have.
    package var external: ExternalSettings?

    /// A runtime.
    package init(
        name: String,
        labels: [String: String] = [:],
        driver: Driver = .process,
        requires: [RuntimeRequirement] = [],
        bundle: RuntimeBundle? = nil,
        command: [String],
        environment: [String: VariableValue] = [:],
        ports: [String],
        update: Update = .recreate,
        live: HTTPCheck? = nil,
        ready: HTTPCheck,
        metrics: MetricsSource? = nil,
        stop: Stop = .standard,
        systemd: SystemdSettings? = nil,
        container: ContainerSettings? = nil,
        external: ExternalSettings? = nil
    ) {
        self.name = name
        self.labels = labels
        self.driver = driver
        self.requires = requires.isEmpty ? nil : requires
        self.bundle = bundle
        self.command = command
        self.environment = environment
        self.ports = ports
        self.update = update
        self.live = live
        self.ready = ready
        self.metrics = metrics
        self.stop = stop
        self.systemd = systemd
        self.container = container
        self.external = external
    }
}

import Fleet

/// What an engine is asked to make (Docker Engine API, `POST /containers/create`).
struct ContainerRequest: Hashable, Sendable, Encodable {
    /// A limit of processes' own resources.
    struct Limit: Hashable, Sendable, Encodable {
        var name: String
        var soft: Int64
        var hard: Int64

        private enum CodingKeys: String, CodingKey {
            case name = "Name"
            case soft = "Soft"
            case hard = "Hard"
        }
    }

    /// Where its output goes.
    struct Log: Hashable, Sendable, Encodable {
        var kind = "json-file"
        var settings: [String: String]

        private enum CodingKeys: String, CodingKey {
            case kind = "Type"
            case settings = "Config"
        }
    }

    /// Where the engine lets a port be reached on the host.
    struct Binding: Hashable, Sendable, Encodable {
        var address = "127.0.0.1"
        var port: String

        private enum CodingKeys: String, CodingKey {
            case address = "HostIp"
            case port = "HostPort"
        }
    }

    private struct Nothing: Hashable, Sendable, Encodable {}

    /// What it gets of the host.
    struct Host: Hashable, Sendable, Encodable {
        var networkMode: String
        var binds: [String]
        var groupAdd: [String]
        var capDrop = ["ALL"]
        var securityOpt = ["no-new-privileges"]
        /// Who starts it again is the agent.
        var restartPolicy = ["Name": "no"]
        var logConfig: Log
        var memory: Int64?
        /// Memory and swap: the same means no swap.
        var memorySwap: Int64?
        var nanoCpus: Int64?
        var pidsLimit: Int64?
        var ulimits: [Limit]?
        var portBindings: [String: [Binding]]?

        private enum CodingKeys: String, CodingKey {
            case networkMode = "NetworkMode"
            case binds = "Binds"
            case groupAdd = "GroupAdd"
            case capDrop = "CapDrop"
            case securityOpt = "SecurityOpt"
            case restartPolicy = "RestartPolicy"
            case logConfig = "LogConfig"
            case memory = "Memory"
            case memorySwap = "MemorySwap"
            case nanoCpus = "NanoCpus"
            case pidsLimit = "PidsLimit"
            case ulimits = "Ulimits"
            case portBindings = "PortBindings"
        }
    }

    var image: String
    var entrypoint: [String]
    var cmd: [String]
    var env: [String]
    var user: String
    var labels: [String: String]
    var stopSignal: String
    var hostConfig: Host
    private var exposedPorts: [String: Nothing]?

    private enum CodingKeys: String, CodingKey {
        case image = "Image"
        case entrypoint = "Entrypoint"
        case cmd = "Cmd"
        case env = "Env"
        case user = "User"
        case labels = "Labels"
        case stopSignal = "StopSignal"
        case hostConfig = "HostConfig"
        case exposedPorts = "ExposedPorts"
    }

    /// - Parameters:
    ///   - arguments: the program and its arguments, as the image has it.
    ///   - environment: `NAME=value` each, over the image's own.
    ///   - groups: more groups that its processes belong to.
    ///   - published: with a bridge, the host's private ports by those inside: each on 127.0.0.1, since an engine whose firewall drops
    ///     what it does not know lets an endpoint's clients through to published ports only.
    ///   - model: the bundle's directory, which is there under the same path, to be read.
    ///   - logLimit: how much of its output the engine keeps, in bytes.
    init(
        settings: RuntimeProfile.ContainerSettings,
        arguments: [String],
        environment: [String],
        user: (id: UInt32, group: UInt32),
        groups: [UInt32],
        published: [UInt16: UInt16] = [:],
        model: String,
        resources: ReplicaResources?,
        stop: RuntimeProfile.Stop,
        labels: [String: String],
        logLimit: Int64
    ) {
        image = settings.image
        entrypoint = Array(arguments.prefix(1))
        cmd = Array(arguments.dropFirst())
        env = environment
        self.user = "\(user.id):\(user.group)"
        self.labels = labels
        stopSignal = "SIG\(stop.signal)"
        let bindings = published.map { ("\($0.key)/tcp", [Binding(port: "\($0.value)")]) }
        exposedPorts = bindings.isEmpty ? nil : Dictionary(uniqueKeysWithValues: bindings.map { ($0.0, Nothing()) })
        hostConfig = Host(
            networkMode: settings.network.rawValue,
            binds: ["\(model):\(model):ro"],
            groupAdd: groups.map { "\($0)" },
            logConfig: Log(settings: ["max-size": "\(logLimit)"]),
            memory: resources?.memory?.bytes,
            memorySwap: resources?.memory?.bytes,
            nanoCpus: resources?.cpu.map { $0.millis * 1_000_000 },
            pidsLimit: resources?.processes,
            ulimits: resources?.openFiles.map { [Limit(name: "nofile", soft: $0, hard: $0)] },
            portBindings: bindings.isEmpty ? nil : Dictionary(uniqueKeysWithValues: bindings)
        )
    }
}

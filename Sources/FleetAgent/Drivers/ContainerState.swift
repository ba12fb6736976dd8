import Fleet

/// What an engine says of a container (Docker Engine API, `GET /containers/ID/json`).
struct ContainerState: Hashable, Sendable, Decodable {
    /// How it is.
    struct State: Hashable, Sendable, Decodable {
        var isRunning: Bool
        var pid: Int32
        var exitCode: Int32
        var isOutOfMemory: Bool?
        var error: String?
        var startedAt: String

        private enum CodingKeys: String, CodingKey {
            case isRunning = "Running"
            case pid = "Pid"
            case exitCode = "ExitCode"
            case isOutOfMemory = "OOMKilled"
            case error = "Error"
            case startedAt = "StartedAt"
        }
    }

    /// Where it is reached: one network's, or the first one's of older engines.
    struct Network: Hashable, Sendable, Decodable {
        /// Empty where it has none.
        var address: String?
        var networks: [String: Network]?

        private enum CodingKeys: String, CodingKey {
            case address = "IPAddress"
            case networks = "Networks"
        }
    }

    var id: String
    var state: State
    var network: Network?

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case state = "State"
        case network = "NetworkSettings"
    }

    /// Its own address; `nil` where it has none, as in the host's network.
    var address: IPv4Address? {
        let networks = (network?.networks ?? [:]).sorted { $0.key < $1.key }.map(\.value)
        return networks.compactMap { $0.address.flatMap { IPv4Address($0) } }.first
            ?? network?.address.flatMap { IPv4Address($0) }
    }

    /// The first process; `nil` when there is none now.
    var pid: Int32? { state.isRunning && state.pid > 0 ? state.pid : nil }

    /// How the first process ended, for people; `nil` while it runs.
    var ending: String? {
        guard !state.isRunning else { return nil }
        let code = state.exitCode
        // As shells do it: 128 and the signal's number.
        let how =
            (129...192).contains(code)
            ? "the container's process was ended by signal \(code - 128)"
            : "the container's process ended with exit code \(code)"
        let memory =
            state.isOutOfMemory == true ? "out of memory: the kernel killed it (the container engine: OOMKilled)" : nil
        let error = state.error.flatMap { $0.isEmpty ? nil : "the container engine says: \($0.prefix(200))" }
        return [how, memory, error].compactMap(\.self).joined(separator: ": ")
    }
}

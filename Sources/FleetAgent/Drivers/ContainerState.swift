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

    var id: String
    var state: State

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case state = "State"
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

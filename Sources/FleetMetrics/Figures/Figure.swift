/// The one small schema: what is known of a host and of a replica, whatever server it runs.
///
/// The raw values are names on the wire and in the store: they never change.
package enum Figure: String, Hashable, Sendable, Codable, CaseIterable {
    /// Inference requests, failed ones included. Counts up.
    case requests
    /// Inference requests that failed. Counts up.
    case errors
    /// What all requests took together, in seconds. Counts up.
    case latencySum = "latency_seconds_sum"
    /// How many requests `latencySum` is of. Counts up.
    case latencyCount = "latency_seconds_count"
    /// Requests that are being answered now.
    case inFlight = "in_flight"
    /// What a replica's processes have used of processors, in seconds. Counts up.
    case cpu = "cpu_seconds"
    /// What a replica's processes hold of memory, in bytes.
    case memory = "memory_bytes"
    /// What all processors of the host have worked, together, in seconds. Counts up.
    case hostCPU = "host_cpu_seconds"
    /// Processors of the host.
    case hostProcessors = "host_processors"
    /// Memory of the host that is in use and could not be freed at once, in bytes.
    case hostMemoryUsed = "host_memory_used_bytes"
    /// Memory of the host, in bytes.
    case hostMemory = "host_memory_bytes"
    /// Use of the file system with the agent's data, in bytes.
    case hostDiskUsed = "host_disk_used_bytes"
    /// The size of that file system, in bytes.
    case hostDisk = "host_disk_bytes"
    /// The host's load average over a minute.
    case hostLoad = "host_load1"

    /// Whether it counts up; falling means that it began anew (DESIGN §7).
    package var isCounter: Bool {
        switch self {
        case .requests, .errors, .latencySum, .latencyCount, .cpu, .hostCPU: true
        case .inFlight, .memory, .hostProcessors, .hostMemoryUsed, .hostMemory, .hostDiskUsed, .hostDisk, .hostLoad:
            false
        }
    }

    /// Whether it is the host's and not one replica's.
    package var isOfHost: Bool {
        switch self {
        case .hostCPU, .hostProcessors, .hostMemoryUsed, .hostMemory, .hostDiskUsed, .hostDisk, .hostLoad: true
        case .requests, .errors, .latencySum, .latencyCount, .inFlight, .cpu, .memory: false
        }
    }
}

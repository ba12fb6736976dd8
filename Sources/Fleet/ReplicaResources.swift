/// What one replica gets at most of its host, and what the host must have for it. Nothing is limited that is not said.
package struct ReplicaResources: Hashable, Sendable, Codable {
    /// The bounds that manifests are held to.
    package enum Bounds {
        /// Bytes of memory.
        package static let memory = ByteQuantity(bytes: 4 << 20)...ByteQuantity(bytes: 64 << 40)
        /// Processors: below ten thousandths the kernel refuses a quota (1 ms of 100 ms).
        package static let cpu = ProcessorQuantity(millis: 10)...ProcessorQuantity(millis: 1_024_000)
        /// Processes and threads.
        package static let processes: ClosedRange<Int64> = 1...4_194_304
        /// Open files of one process.
        package static let openFiles: ClosedRange<Int64> = 16...1_048_576
        /// Accelerators.
        package static let accelerators: ClosedRange<Int64> = 1...64
    }

    /// The most memory that the replica's processes may have together: beyond it the kernel kills one of them. Reserved
    /// on the host.
    package var memory: ByteQuantity?
    /// The most processor time.
    package var cpu: ProcessorQuantity?
    /// The most processes and threads together.
    package var processes: Int64?
    /// The most open files of each process.
    package var openFiles: Int64?
    /// How many accelerators the host must have for this replica; they are not divided among replicas by the kernel.
    package var accelerators: Int64?

    /// What one replica gets.
    package init(
        memory: ByteQuantity? = nil,
        cpu: ProcessorQuantity? = nil,
        processes: Int64? = nil,
        openFiles: Int64? = nil,
        accelerators: Int64? = nil
    ) {
        self.memory = memory
        self.cpu = cpu
        self.processes = processes
        self.openFiles = openFiles
        self.accelerators = accelerators
    }

    /// Whether nothing is said.
    package var isEmpty: Bool { self == ReplicaResources() }

    /// As canonical bytes write it: quantities as texts, counts as integers, what is not said left out.
    var canonicalValue: JSONValue {
        var members: [String: JSONValue] = [:]
        members["memory"] = memory.map { .string($0.description) }
        members["cpu"] = cpu.map { .string($0.description) }
        members["processes"] = processes.map { .integer($0) }
        members["openFiles"] = openFiles.map { .integer($0) }
        members["accelerators"] = accelerators.map { .integer($0) }
        return .object(members)
    }
}

extension ReplicaResources: CustomStringConvertible {
    /// For people: `memory 2Gi, cpu 1.5`.
    package var description: String {
        let parts = [
            memory.map { "memory \($0)" }, cpu.map { "cpu \($0)" }, processes.map { "processes \($0)" },
            openFiles.map { "open files \($0)" }, accelerators.map { "accelerators \($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}

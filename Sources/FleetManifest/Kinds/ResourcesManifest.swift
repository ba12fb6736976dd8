import Fleet

/// `resources` of a deployment's content, both ways.
enum ResourcesManifest {
    private typealias Bounds = ReplicaResources.Bounds
    private static let flat = "write its keys under 'resources' itself, like `resources: {memory: 2Gi, cpu: \"1.5\"}`"

    static let keys = ObjectKeys(
        keys: [
            .optional(
                "memory",
                "the most memory that one replica may have; reserved on the host",
                .memory(Bounds.memory)
            ),
            .optional("cpu", "the most processor time that one replica may have", .processors(Bounds.cpu)),
            .optional("processes", "the most processes and threads together", .integer(Bounds.processes)),
            .optional("openFiles", "the most open files of each process", .integer(Bounds.openFiles)),
            .optional("accelerators", "how many accelerators the host must have", .integer(Bounds.accelerators)),
        ],
        notBuiltYet: ["disk", "io", "priority"],
        habits: [
            "limits": flat, "requests": flat, "gpu": "write 'accelerators'", "gpus": "write 'accelerators'",
            "nvidia.com/gpu": "write 'accelerators'",
        ]
    )

    static func read(from content: inout ObjectReader) -> ReplicaResources? {
        content.object("resources") { resources in
            ReplicaResources(
                memory: resources.memory("memory"),
                cpu: resources.processors("cpu"),
                processes: resources.integer("processes"),
                openFiles: resources.integer("openFiles"),
                accelerators: resources.integer("accelerators")
            )
        }
    }

    static func node(of resources: ReplicaResources) -> ManifestNode {
        func number(_ count: Int64) -> ManifestNode { ManifestNode(.number("\(count)")) }
        return .object([
            "memory": resources.memory.map { .string($0.description) },
            "cpu": resources.cpu.map { .string($0.description) },
            "processes": resources.processes.map(number),
            "openFiles": resources.openFiles.map(number),
            "accelerators": resources.accelerators.map(number),
        ])
    }
}

import Fleet

/// `resources` of a deployment's content, both ways.
enum ResourcesManifest {
    static let keys = ObjectKeys(
        ["memory", "cpu", "processes", "openFiles", "accelerators"],
        notBuiltYet: ["disk", "io", "limits", "requests", "priority"]
    )

    static func read(from content: inout ObjectReader) -> ReplicaResources? {
        content.object("resources", required: false, keys: keys) { resources in
            let memory = quantity(
                "memory",
                in: ReplicaResources.Bounds.memory,
                from: &resources,
                like: "2Gi, 512Mi, 1.5G",
                what: "an amount of memory"
            ) { ByteQuantity($0) }
            let cpu = quantity(
                "cpu",
                in: ReplicaResources.Bounds.cpu,
                from: &resources,
                like: "\"2\", \"1.5\", 250m",
                what: "a share of processors"
            ) { ProcessorQuantity($0) }
            return ReplicaResources(
                memory: memory,
                cpu: cpu,
                processes: count("processes", in: ReplicaResources.Bounds.processes, from: &resources),
                openFiles: count("openFiles", in: ReplicaResources.Bounds.openFiles, from: &resources),
                accelerators: count("accelerators", in: ReplicaResources.Bounds.accelerators, from: &resources)
            )
        }
    }

    private static func count(
        _ key: String,
        in range: ClosedRange<Int64>,
        from reader: inout ObjectReader
    ) -> Int64? {
        reader.has(key) ? reader.integer(key, in: range) : nil
    }

    /// A text, or a whole number without a unit.
    private static func quantity<Quantity: Comparable & CustomStringConvertible>(
        _ key: String,
        in range: ClosedRange<Quantity>,
        from reader: inout ObjectReader,
        like examples: String,
        what: String,
        read: (String) -> Quantity?
    ) -> Quantity? {
        guard let node = reader.node(key) else { return nil }
        let text: String?
        if case .number(let literal) = node.value, literal.allSatisfy(\.isNumber) {
            text = literal
        } else {
            text = reader.text(node, path: reader.path.appending(key), rule: { _ in nil })
        }
        guard let text else { return nil }
        let hint = "from \(range.lowerBound) to \(range.upperBound), written like \(examples)"
        guard let quantity = read(text) else {
            reader.report("'\(text)' is not \(what)", key: key, hint: hint)
            return nil
        }
        guard range.contains(quantity) else {
            reader.report("\(text) is out of range", key: key, hint: hint)
            return nil
        }
        return quantity
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

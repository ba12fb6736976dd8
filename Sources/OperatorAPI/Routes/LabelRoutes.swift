import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// Labels: of hosts, and of what manifests declare.
enum LabelRoutes {
    static var all: [Route] {
        [
            .inProject(.post, "/hostlabels", content: .json, readers: [labelledHosts.check], labelHosts),
            .inProject(.post, "/labels", content: .json, readers: [labelledObjects.check], label),
        ]
    }

    /// What becomes of the labels, whoever bears them.
    private struct Labelling {
        var set: [String: String]
        var remove: Set<String>
        var reason: String?

        static let keys = ["set", "remove", "reason"]

        static func read(from reader: inout ObjectReader) -> Labelling? {
            let set = reader.has("set") ? AccessRoutes.labels(&reader, "set") : [:]
            let remove = reader.has("remove") ? words(&reader, "remove", limit: FleetLimits.labels) : []
            let reason = reader.text("reason", required: false, rule: ReasonRule.problem)
            return remove.map { Labelling(set: set, remove: Set($0), reason: reason) }
        }
    }

    private static let labelledHosts = JSONBody<([String], Bool, Labelling)>(
        ["hosts", "allowRemoval"] + Labelling.keys
    ) { reader in
        let hosts = words(&reader, "hosts", limit: 10_000)
        if hosts?.isEmpty == true { reader.report("names no host", key: "hosts") }
        let wanted = Labelling.read(from: &reader)
        let allowRemoval = reader.boolean("allowRemoval") ?? false
        guard let hosts, let wanted else { return nil }
        return (hosts, allowRemoval, wanted)
    }

    private static let labelledObjects = JSONBody<([NamedObject], Labelling)>(
        ["objects"] + Labelling.keys
    ) { reader in
        let objects = reader.list("objects", limit: ManifestLimits.documents) { reader, node, path in
            reader.text(node, path: path) { object($0) == nil ? problem(with: $0) : nil }.flatMap { object($0) }
        }
        if objects?.isEmpty == true { reader.report("names no object", key: "objects") }
        let wanted = Labelling.read(from: &reader)
        guard let objects, let wanted else { return nil }
        return (objects, wanted)
    }

    @concurrent private static func labelHosts(_ call: RouteCall) async throws -> RouteAnswer {
        let (hosts, allowRemoval, wanted) = try await call.read(labelledHosts)
        let view = try await call.operations.label(
            Set(hosts),
            set: wanted.set,
            removing: wanted.remove,
            by: call.identity,
            reason: wanted.reason,
            allowRemoval: allowRemoval
        )
        return try .json(view)
    }

    @concurrent private static func label(_ call: RouteCall) async throws -> RouteAnswer {
        let (objects, wanted) = try await call.read(labelledObjects)
        var seen: Set<NamedObject> = []
        let view = try await call.operations.label(
            objects.filter { seen.insert($0).inserted },
            set: wanted.set,
            removing: wanted.remove,
            by: call.identity,
            reason: wanted.reason
        )
        return try .json(view)
    }

    /// `Deployment/wine`.
    private static func object(_ text: String) -> NamedObject? {
        // By bytes: a mark that combines with the sign before it makes another character of it.
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")),
            let kind = ManifestKind(rawValue: String(text[..<slash]))
        else { return nil }
        let name = String(text[text.utf8.index(after: slash)...])
        return name.isEmpty ? nil : NamedObject(kind: kind, name: name)
    }

    private static func problem(with text: String) -> String {
        let kinds = ManifestKind.allCases.map(\.rawValue).joined(separator: ", ")
        return "is not KIND/NAME, with a kind of \(kinds); hosts are labelled at /hostlabels"
    }

    private static func words(_ reader: inout ObjectReader, _ key: String, limit: Int) -> [String]? {
        reader.list(key, limit: limit) { reader, node, path in
            reader.text(node, path: path) { $0.isEmpty ? "is empty" : nil }
        }
    }
}

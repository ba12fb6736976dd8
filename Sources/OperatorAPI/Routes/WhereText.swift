import Fleet
import Foundation

/// The JSON of a `WhereView`, written by hand: it can list ten thousand hosts, and an encoder takes longer for it than the
/// store for a million stretches. Keys are sorted, as `RouteAnswer` sorts them.
struct WhereText {
    private let view: WhereView

    init(_ view: WhereView) {
        self.view = view
    }

    /// The whole object.
    func bytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + 400 * view.items.count)
        let counts = JSONValue.object(view.counts.mapValues { .integer(Int64($0)) })
        bytes += Array("{\"at\":\(view.at.milliseconds),\"counts\":\(counts.compactText),\"items\":[".utf8)
        var revisions: [Key: [UInt8]] = [:]
        for (index, item) in view.items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let key = Key(digest: item.revision.digest, number: item.revision.number)
            let revision = try revisions[key] ?? Array(RouteAnswer.encoder().encode(item.revision))
            revisions[key] = revision
            append(item, revision, to: &bytes)
        }
        bytes += Array("],\"model\":\(JSONValue.string(view.model).compactText)".utf8)
        if let version = view.version { bytes += Array(",\"version\":\(JSONValue.string(version).compactText)".utf8) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private struct Key: Hashable {
        var digest: Digest
        var number: UInt64
    }

    private func append(_ item: ServingView, _ revision: [UInt8], to bytes: inout [UInt8]) {
        bytes += "{\"deployment\":".utf8
        bytes += JSONValue.string(item.deployment).canonicalBytes
        bytes += ",\"host\":".utf8
        bytes += JSONValue.string(item.host).canonicalBytes
        bytes += ",\"revision\":".utf8
        bytes += revision
        bytes += ",\"since\":\(item.since.milliseconds)".utf8
        if let since = item.unreachableSince { bytes += ",\"unreachableSince\":\(since.milliseconds)".utf8 }
        if let until = item.until { bytes += ",\"until\":\(until.milliseconds)".utf8 }
        bytes.append(UInt8(ascii: "}"))
    }
}

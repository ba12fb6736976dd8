import Fleet
import FleetStore
import Foundation

/// Names revisions for people. Each is read once, however many hosts have to do with it.
///
/// Not `Sendable`: it lives within one transaction.
final class RevisionNames {
    private let reader: FleetReader
    private var contents: [String: [Digest: RevisionContent?]] = [:]
    private var sizes: [Digest: Int64?] = [:]

    init(reader: FleetReader) {
        self.reader = reader
    }

    /// What a revision holds; `nil` when it is not in the store.
    func content(_ reference: RevisionReference, of deployment: String) throws -> RevisionContent? {
        if let known = contents[deployment]?[reference.digest] { return known }
        // A store that was restored from a backup gives numbers again that hosts know for something else.
        let stored = try reader.revision(reference.number, of: deployment)
        let meant = stored.flatMap { $0.digest == reference.digest ? $0 : nil }
        let content = meant.flatMap { try? JSONDecoder().decode(RevisionContent.self, from: Data($0.bytes)) }
        contents[deployment, default: [:]][reference.digest] = .some(content)
        return content
    }

    /// The bytes of a bundle's files together; `nil` when it is not in the store.
    func bytes(of bundle: Digest) throws -> Int64? {
        if let known = sizes[bundle] { return known }
        let size = try reader.bundle(bundle)?.bytes
        sizes[bundle] = .some(size)
        return size
    }

    /// A revision as people name it.
    func view(_ reference: RevisionReference, of deployment: String) throws -> RevisionView {
        let content = try content(reference, of: deployment)
        return RevisionView(
            number: reference.number,
            digest: reference.digest,
            written: reference.written,
            model: content?.model.name ?? "?",
            version: content?.model.version ?? "?",
            runtime: content?.runtime.name ?? "?"
        )
    }
}

import Fleet
import FleetClient
import FleetManifest
import Foundation

/// A plan that was looked at, to be carried out later and elsewhere: what was read, how it is meant, and the plan's hash.
///
/// `muster plan --plan-file` writes it, `muster apply --plan-file` does just that or nothing.
struct PlanFile: Codable, Equatable {
    /// What tells such a file from others.
    static let format = "muster.plan/1"
    /// The largest one that is read, in bytes: as JSON, manifests are at most twice as long.
    static let limit = 64 << 20

    /// One file as it was read, so that a mistake has its place in it.
    struct Source: Codable, Equatable {
        var file: String
        var text: String
    }

    var format = PlanFile.format
    /// What `apply --plan` takes.
    var hash: String
    /// Whether names are resolved anew.
    var resolve: Bool
    /// The labels of the set that is deleted but for what is here.
    var prune: String?
    var sources: [Source]

    /// A plan of documents that were read from these files.
    init(hash: String, settings: ApplySettings, sources: [ManifestFiles.Source]) {
        self.hash = hash
        resolve = settings.resolve
        prune = settings.prune
        self.sources = sources.map { Source(file: $0.file, text: String(decoding: $0.bytes, as: UTF8.self)) }
    }

    /// How its documents are applied.
    var settings: ApplySettings { ApplySettings(resolve: resolve, prune: prune, plan: hash) }

    /// What was read.
    var documents: [ManifestDocument] {
        get throws {
            let read = sources.map { ManifestFiles.Source(file: $0.file, bytes: Data($0.text.utf8)) }
            return try ManifestFiles.documents(of: read)
        }
    }

    /// Writes it: whole, or not at all.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .localFile,
                "cannot write the plan to \(path); nothing was changed",
                hint: "check that its directory is there and may be written to"
            )
        }
    }

    /// Reads one.
    static func read(_ path: String) throws -> PlanFile {
        let bytes = try ManifestFiles.bytes(of: path, limit: limit)
        guard bytes.count <= limit, let plan = try? JSONDecoder().decode(PlanFile.self, from: bytes),
            plan.format == format
        else {
            throw CommandFailure(
                .localFile,
                "\(path) is not a plan of this version of muster (\(format)); nothing was changed",
                hint: "make one with `muster plan -f FILE --plan-file \(path)`; manifests are applied with -f"
            )
        }
        return plan
    }
}

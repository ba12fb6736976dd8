import Foundation

@testable import FleetManifest

/// `Protocols/schemas`, as it stands there.
enum SchemaFile {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocols/schemas")

    /// Every file that must be there, with its text.
    static let expected: [(name: String, text: String)] =
        ManifestKind.allCases.map { (ManifestSchema.fileName(of: $0), ManifestSchema.text(of: $0)) }
        + [(ManifestSchema.anyFileName, ManifestSchema.anyText)]

    /// What is wrong with documents, as the schema of each one's kind says.
    static func problems(with documents: [ManifestNode]) throws -> [String] {
        documents.flatMap { document -> [String] in
            guard case .string(let word)? = document["kind"]?.value, let kind = ManifestKind(rawValue: word) else {
                return ["no kind"]
            }
            return SchemaJudge(root: ManifestSchema.node(of: kind)).problems(with: document)
        }
    }
}

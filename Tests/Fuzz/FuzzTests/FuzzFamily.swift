import Foundation
import FuzzBodies
import FuzzExposition
import FuzzHTTP2
import FuzzJournal
import FuzzManifest
import FuzzMessages
import FuzzPolicy
import FuzzSecurity
import Testing

/// One of the fuzzers, and what it begins from.
struct FuzzFamily: Sendable, CustomTestStringConvertible {
    /// As `Deploy/scripts/fuzz` names it.
    let name: String
    let run: @Sendable (UnsafeRawBufferPointer) -> Void
    /// Where its seeds are, below `Tests`; its own directory unless other tests have such documents anyway.
    let seeds: String

    init(_ name: String, seeds: String? = nil, run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.run = run
        self.seeds = seeds ?? "Fuzz/Seeds/\(name)"
    }

    static let all: [FuzzFamily] = [
        FuzzFamily("http2", run: HTTP2Fuzz.run),
        FuzzFamily("exposition", seeds: "FleetMetricsTests/Corpus", run: ExpositionFuzz.run),
        FuzzFamily("manifest", seeds: "FleetManifestTests/Wrong/Sound", run: ManifestFuzz.run),
        FuzzFamily("selectors", run: SelectorFuzz.run),
        FuzzFamily("messages", run: MessageFuzz.run),
        FuzzFamily("tokens", run: TokenFuzz.run),
        FuzzFamily("certificates", run: CertificateFuzz.run),
        FuzzFamily("journal", run: JournalFuzz.run),
        FuzzFamily("bodies", run: BodyFuzz.run),
        FuzzFamily("policy", run: PolicyFuzz.run),
    ]

    /// `Tests/Fuzz`.
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let tests = directory.deletingLastPathComponent()

    var testDescription: String { name }

    /// What was found, by the file's name.
    func findings() throws -> [(name: String, bytes: [UInt8])] { try Self.files(in: "Fuzz/Findings/\(name)") }

    /// What it begins from, by the file's name.
    func sound() throws -> [(name: String, bytes: [UInt8])] { try Self.files(in: seeds) }

    private static func files(in folder: String) throws -> [(name: String, bytes: [UInt8])] {
        let place = tests.appending(path: folder)
        let manager = FileManager.default
        guard manager.fileExists(atPath: place.path) else { return [] }
        return try manager.contentsOfDirectory(atPath: place.path).sorted().map { name in
            (name, Array(try Data(contentsOf: place.appending(path: name))))
        }
    }
}

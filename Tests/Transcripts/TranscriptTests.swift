import Foundation
import Testing

/// Each story in `Stories` is told as it is written. `MUSTER_TRANSCRIPTS=write` writes what is seen now into the files: read the
/// difference before you commit it.
@Suite struct TranscriptTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Stories")

    static let stories: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: directory.path)
        return (files ?? []).filter { $0.hasSuffix(".txt") }.sorted()
    }()

    @Test func thereAreStories() {
        #expect(Self.stories.count >= 8)
    }

    @Test(arguments: stories)
    func aStoryIsToldAsItIsWritten(name: String) throws {
        let file = Self.directory.appending(path: name)
        let written = try String(contentsOf: file, encoding: .utf8)
        let told = try Transcript.told(written)
        if ProcessInfo.processInfo.environment["MUSTER_TRANSCRIPTS"] == "write" {
            try told.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(told == written)
        #expect(!told.contains("BROKEN"))
    }
}

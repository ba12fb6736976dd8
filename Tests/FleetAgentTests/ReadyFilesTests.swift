import Foundation
import Logging
import Testing

@testable import FleetAgent

/// What load balancers read.
@Suite struct ReadyFilesTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let directory =
        FileManager.default.temporaryDirectory.path + "/muster-ready-\(UInt64.random(in: 0...9_999_999))"

    @Test func onlyWhoAnswersHasAFile() throws {
        defer { FileAccess.remove(directory) }
        let files = ReadyFiles(directory: directory)
        files.show(["wine", "fraud"], logger)
        #expect(FileAccess.names(in: directory) == ["fraud", "wine"])
        files.show(["fraud"], logger)
        #expect(FileAccess.names(in: directory) == ["fraud"])
        // The next agent knows of neither.
        files.show([], logger)
        #expect(FileAccess.names(in: directory) == [])
    }

    @Test func whatIsNotItsOwnIsLeftAlone() throws {
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory(directory)
        try FileAccess.replace(directory + "/passwd", with: Array("root\n".utf8))
        try FileAccess.makeDirectory(directory + "/models")
        let files = ReadyFiles(directory: directory)
        files.show(["wine"], logger)
        files.show([], logger)
        #expect(FileAccess.names(in: directory) == ["models", "passwd"])
    }

    @Test func whereNothingCanBeWrittenNothingStops() {
        ReadyFiles(directory: "/proc/self/fd/none/ready").show(["wine"], logger)
        ReadyFiles().show(["wine"], logger)
    }
}

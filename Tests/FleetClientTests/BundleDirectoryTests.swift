import Fleet
import Foundation
import Testing

@testable import FleetClient

@Suite struct BundleDirectoryTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "muster-bundle-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(path)/a/b", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func filesBecomeTheList() throws {
        try withDirectory { path in
            try Data("model".utf8).write(to: URL(filePath: "\(path)/a/b/model.bin"))
            try Data().write(to: URL(filePath: "\(path)/empty"))
            try Data("#!".utf8).write(to: URL(filePath: "\(path)/run"))
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(path)/run")
            var seen: [Int64] = []
            let bundle = try BundleDirectory(path: path) { done, total in
                seen.append(done)
                #expect(total == 7)
            }
            #expect(bundle.list.files.map(\.path) == ["a/b/model.bin", "empty", "run"])
            #expect(bundle.list.files.map(\.mode) == [0o644, 0o644, 0o755])
            #expect(bundle.list.files[0].digest == Digest(of: "model".utf8))
            #expect(seen.last == 7)
        }
    }

    @Test func whatIsNoFileIsRefused() throws {
        try withDirectory { path in
            let empty = try #require(throws: ClientError.self) { try BundleDirectory(path: path) }
            #expect(empty.message.hasSuffix("holds no files"))
            try FileManager.default.createSymbolicLink(atPath: "\(path)/link", withDestinationPath: "/etc/passwd")
            let link = try #require(throws: ClientError.self) { try BundleDirectory(path: path) }
            #expect(link.message == "\(path)/link is neither a file nor a directory")
            let missing = try #require(throws: ClientError.self) { try BundleDirectory(path: "\(path)/none") }
            #expect(missing.message.hasSuffix("is not a directory"))
        }
    }
}

import Fleet
import Foundation
import NIOCore
import Testing

@testable import FleetController

@Suite struct BlobTests {
    private func withDirectory(_ body: (BlobDirectory, String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "muster-blobs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(BlobDirectory(root: path), path)
    }

    @Test func aBlobIsKeptOnlyIfItHasItsDigest() throws {
        try withDirectory { blobs, path in
            let content = Array("hello".utf8)
            let digest = Digest(of: content)
            var cut = try blobs.receive(digest, id: "1")
            try cut.write(ByteBuffer(bytes: content.dropLast()))
            do {
                _ = try cut.finish()
                Issue.record("a blob that was cut short was kept")
            } catch let error as ControllerError {
                #expect(error.code == .invalid)
                #expect(error.description.contains("cut short or changed"))
                #expect(error.description.contains("push again"))
            }
            #expect(!blobs.contains(digest))
            var whole = try blobs.receive(digest, id: "2")
            try whole.write(ByteBuffer(bytes: content))
            #expect(try whole.finish() == 5)
            #expect(blobs.bytes(of: digest, limit: 10) == content)
            #expect(blobs.bytes(of: digest, limit: 4) == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/incoming").isEmpty)
        }
    }

    @Test func whatChangedOnDiskIsFoundAndTakenAway() async throws {
        let path = NSTemporaryDirectory() + "muster-blobs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let blobs = try BlobDirectory(root: path)
        // More than two pieces, the last one not full.
        let content = [UInt8](repeating: 7, count: 150_000)
        let digest = Digest(of: content)
        let file = "\(path)/\(digest.hex.prefix(2))/\(digest.hex)"
        func keep() throws {
            var upload = try blobs.receive(digest, id: "up")
            try upload.write(ByteBuffer(bytes: content))
            #expect(try upload.finish() == 150_000)
        }
        #expect(try await blobs.check(digest, id: "c") == .missing)
        var last = content
        last[149_999] = 8
        for damaged in [last, content.dropLast(), content + [7], []] {
            try keep()
            #expect(try await blobs.check(digest, id: "c") == .whole(size: 150_000))
            try Data(damaged).write(to: URL(filePath: file))
            #expect(try await blobs.check(digest, id: "c") == .damaged)
            #expect(try await blobs.check(digest, id: "c") == .missing)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/incoming") == [])
        try keep()
        #expect(blobs.bytes(of: digest, limit: 150_000) == content)
    }

    @Test(
        arguments: [
            (nil, 0, 10, false), ("bytes=0-3", 0, 4, true), ("bytes=4-", 4, 10, true), ("bytes=-3", 7, 10, true),
            ("bytes=5-99", 5, 10, true), ("bytes=-99", 0, 10, true), ("bytes=0-1,3-4", 0, 10, false),
            ("items=0-1", 0, 10, false), ("bytes=3-1", 0, 10, false), ("bytes=a-b", 0, 10, false),
        ] as [(String?, Int64, Int64, Bool)]
    )
    func rangesAreReadAsRFC9110Says(header: String?, first: Int64, end: Int64, isPartial: Bool) throws {
        let range = try #require(ByteRange(header: header, size: 10))
        #expect(range.first == first)
        #expect(range.end == end)
        #expect(range.isPartial == isPartial)
    }

    @Test(arguments: ["bytes=10-", "bytes=11-12", "bytes=-0"])
    func rangesBehindTheEndCannotBeSatisfied(header: String) {
        #expect(ByteRange(header: header, size: 10) == nil)
    }
}

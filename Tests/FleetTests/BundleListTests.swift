import Testing

@testable import Fleet

@Suite struct BundleListTests {
    @Test func filesThatAddUpToNoNumberAreRefused() {
        let digest = Digest(of: [1])
        let files = ["a", "b"].map { BundleList.File(digest: digest, size: .max, mode: 0o644, path: $0) }
        #expect(throws: BundleList.Problem.self) { try BundleList(files: files) }
        #expect((try? BundleList(files: [files[0]]))?.totalSize == .max)
    }

    @Test func listIsItsOwnCanonicalForm() throws {
        let digest = Digest(of: "x".utf8)
        let list = try BundleList(files: [
            .init(digest: digest, size: 1, mode: 0o755, path: "b/run"),
            .init(digest: digest, size: 1, mode: 0o644, path: "a.txt"),
        ])
        #expect(list.files.map(\.path) == ["a.txt", "b/run"])
        #expect(try BundleList(bytes: list.bytes) == list)
        #expect(throws: BundleList.Problem.self) { try BundleList(bytes: list.bytes.dropLast()) }
    }

    @Test(arguments: ["/etc/passwd", "../x", "a//b", "a/./b", "", "a\nb"])
    func pathsThatLeaveAreRefused(path: String) {
        #expect(throws: BundleList.Problem.self) {
            try BundleList(files: [.init(digest: Digest(of: []), size: 0, mode: 0o644, path: path)])
        }
    }
}

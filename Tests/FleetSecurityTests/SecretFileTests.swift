import FleetSecurity
import Foundation
import Testing

@Suite final class SecretFileTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "muster-secret-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func path(_ name: String) -> String { directory.appending(path: name).path(percentEncoded: false) }

    private func refusal(_ name: String) -> SecurityError? {
        #expect(throws: SecurityError.self) { try SecretFile.read(self.path(name)) }
    }

    @Test func readsWhatItWroteAndReplacesIt() throws {
        try SecretFile.write("one", to: path("key"))
        try SecretFile.write(Array("two".utf8), to: path("key"))
        #expect(try SecretFile.readText(path("key")) == "two")
        let attributes = try FileManager.default.attributesOfItem(atPath: path("key"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("")) == ["key"])
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o610])
    func refusesAKeyThatOthersMayReach(mode: Int) throws {
        try SecretFile.write("secret", to: path("key"))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path("key"))
        let error = refusal("key")
        #expect(error?.code == .unsafeFile)
        #expect(error?.message.contains("`chmod 600 \(path("key"))`") == true)
    }

    /// A service's file that were given to root would be lost to the service.
    @Test(.enabled(if: geteuid() == 0, "only root has files of others"))
    func asksRootToBeTheOwner() throws {
        try SecretFile.write("secret", to: path("key"))
        try #require(chown(path("key"), 1, 1) == 0)
        let error = refusal("key")
        #expect(error?.code == .unsafeFile)
        #expect(error?.message.contains("start the program as its owner (`runuser") == true)
        #expect(error?.message.contains("chown") == false)
    }

    @Test func refusesWhatIsNoSecret() throws {
        #expect(refusal("absent")?.code == .file)
        #expect(refusal("absent")?.message.contains("No such file") == true)
        try FileManager.default.createDirectory(atPath: path("folder"), withIntermediateDirectories: false)
        #expect(refusal("folder")?.message.contains("not a plain file") == true)
        try #require(mkfifo(path("pipe"), 0o600) == 0)
        #expect(refusal("pipe")?.message.contains("not a plain file") == true)
        try SecretFile.write([UInt8](repeating: 7, count: SecretFile.limit + 1), to: path("large"))
        #expect(refusal("large")?.message.contains("larger than") == true)
        try SecretFile.write([0xFF, 0xFE], to: path("binary"))
        #expect(throws: SecurityError.self) { try SecretFile.readText(self.path("binary")) }
    }

    @Test func namesTheFileThatItCouldNotWrite() {
        let error = #expect(throws: SecurityError.self) { try SecretFile.write("x", to: self.path("absent/key")) }
        #expect(error?.code == .file)
        #expect(error?.message.contains(path("absent/key")) == true)
    }
}

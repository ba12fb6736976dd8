import Foundation
import Testing

@testable import muster_swarm

@Suite struct IdentityDirectoryTests {
    private let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
    }

    private func identity(_ number: Int) -> SwarmIdentity {
        SwarmIdentity(
            name: "swarm-\(number)",
            hostID: "h\(number)",
            instanceID: "i",
            machineID: "m",
            tokenID: "t",
            certificateChain: "c",
            key: "k"
        )
    }

    @Test func readsWhatItKept() throws {
        let path = "\(temporary.path)/identities"
        let directory = try IdentityDirectory(creating: path)
        #expect(try directory.authority() == nil)
        try directory.keep(authority: "root")
        try directory.keep(authority: "root")
        for number in [2, 1, 3] { try directory.keep(identity(number)) }
        let again = try IdentityDirectory(existing: path)
        #expect(try again.identities() == [identity(1), identity(2), identity(3)])
        #expect(try again.identities(limit: 2) == [identity(1), identity(2)])
        #expect(try again.authority() == "root")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/swarm-1.json")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func refusesAnotherAuthority() throws {
        let directory = try IdentityDirectory(creating: temporary.path)
        try directory.keep(authority: "root")
        let error = #expect(throws: SwarmError.self) { try directory.keep(authority: "another") }
        #expect(error?.message.contains("of another controller") == true)
    }

    @Test func refusesAnEmptyDirectory() {
        let error = #expect(throws: SwarmError.self) { try IdentityDirectory(existing: self.temporary.path) }
        #expect(error?.message.contains("muster-swarm enroll --out") == true)
    }
}

import Fleet
import Foundation
import ShimProtocol
import Testing

@testable import FleetAgent

/// What a policy file may say, and how a wrong one is told.
@Suite struct HostPolicyTests {
    private static let file = "/etc/muster/policy.conf"

    private static func problems(_ text: String) -> [String] {
        do {
            _ = try HostPolicy(text: text, file: file)
            return []
        } catch {
            return error.problems.map { "\($0.line):\($0.column): \($0.message)" }
        }
    }

    @Test func rulesAreReadWithTheirPlaces() throws {
        let text = """
            # Whom replicas may run as.
              users =  model-server\tvision

            executables = /opt/mlserver/bin/ /usr/bin/python3\r
            ports = 8080 9000-9099
            executables=/opt/triton
            """
        let policy = try HostPolicy(text: text, file: Self.file)
        #expect(policy.isWritten)
        #expect(
            policy.words == [
                .users: ["model-server", "vision"],
                .executables: ["/opt/mlserver/bin", "/usr/bin/python3", "/opt/triton"],
                .ports: ["8080", "9000-9099"],
            ]
        )
        #expect(policy.ports == [8080...8080, 9000...9099])
        #expect(policy.place(of: .executables) == "rule 'executables' (/etc/muster/policy.conf:4)")
        #expect(
            policy.place(of: .paths) == "the default rule 'paths' (/etc/muster/policy.conf does not say another)"
        )
        #expect(
            HostPolicy(absent: Self.file).place(of: .users)
                == "the default rule 'users' (there is no /etc/muster/policy.conf)"
        )
        #expect(try HostPolicy(text: "", file: Self.file).words.isEmpty)
    }

    @Test(
        arguments: [
            ("user = muster", "1:1: there is no rule 'user'; did you mean 'users'? there are: drivers, users"),
            ("\n  devices = x", "2:3: there is no rule 'devices'; there are: drivers"),
            ("= x", "1:1: there is no rule ''; there are: "),
            ("users muster", "1:1: there is no '=' on this line; write `RULE = WORD …`"),
            ("users = ", "1:7: rule 'users' says nothing; write what it allows, or leave the line out"),
            ("users = a,b", "1:9: 'a,b' is no name of a user; separate several by blanks"),
            ("users = a # b", "1:11: a comment stands on a line of its own: '#' is no name of a user"),
            ("drivers = proces", "1:11: there is no driver 'proces'; did you mean 'process'? there are: "),
            ("executables = mlserver", "1:15: 'mlserver' is no absolute path; write one that begins with '/'"),
            ("executables = /usr/bin /opt/../bin", "1:24: '/opt/../bin' has an empty part, '.' or '..'"),
            ("secrets = db", "1:11: 'db' is no absolute path"), ("paths = /srv//a", "1:9: '/srv//a' has an empty part"),
            ("images = mlserver", "1:10: 'mlserver' is no registry and no repository in one; write REGISTRY or"),
            ("images = a.example/b:1", "1:10: 'a.example/b:1' is no registry"),
            ("images = a.example/", "1:10: 'a.example/' is no registry"),
            ("ports = 0", "1:9: '0' is no port; write a number from 1 to 65535, or LOW-HIGH"),
            ("ports = 9-8", "1:9: '9-8' is no port"), ("ports = 65536", "1:9: '65536' is no port"),
            ("ports = +80", "1:9: '+80' is no port"), ("ports = 80-90-100", "1:9: '80-90-100' is no port"),
            ("ports = -80", "1:9: '-80' is no port"),
        ]
    )
    func whatIsWrongIsToldWithItsPlace(text: String, start: String) {
        let found = Self.problems(text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix(start) == true, "\(found)")
    }

    @Test func everythingWrongIsToldAtOnceAndWithinBounds() {
        #expect(
            Self.problems("user = a\nports = x y\nexecutables").map { $0.prefix(4) } == [
                "1:1:", "2:9:", "2:11", "3:1:",
            ]
        )
        let nonsense = (0..<500).map { "line \($0)" }.joined(separator: "\n")
        #expect(Self.problems(nonsense).count == HostPolicy.problemLimit)
        let long = Self.problems("drivers = " + String(repeating: "x", count: 60_000))
        #expect(long.first?.utf8.count ?? 0 < 500)
    }

    @Test func theExampleIsRead() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let path = root.appending(path: "Deploy/examples/policy/policy.conf").path
        let text = try #require(try FileAccess.readText(path))
        let policy = try HostPolicy(text: text, file: path)
        #expect(Set(policy.words.keys) == Set(HostPolicy.Rule.allCases), "each rule is shown")
    }

    // MARK: The file

    private func inDirectory(_ body: (String) throws -> Void) throws {
        let directory =
            FileManager.default.temporaryDirectory.path + "/muster-policy-\(UInt64.random(in: 0...9_999_999))"
        try FileAccess.makeDirectory(directory)
        defer { FileAccess.remove(directory) }
        try body(directory)
    }

    private static func refusal(_ file: PolicyFile) -> String? {
        do {
            _ = try file.policy()
            return nil
        } catch {
            return error.message
        }
    }

    @Test func aFileThatIsNotThereIsTheDefaultUnlessItIsNamed() throws {
        try inDirectory { directory in
            #expect(!PolicyFile().isMissing, "the usual file may be missing")
            let named = PolicyFile(named: "\(directory)/policy.conf")
            #expect(named.isMissing)
            #expect(Self.refusal(named)?.contains("it is not there; write it") == true)
            try FileAccess.replace(named.path, with: Array("ports = 80".utf8))
            #expect(!named.isMissing)
            #expect(try named.policy().ports == [80...80])
            try FileAccess.replace(named.path, with: Array("ports = 81".utf8))
            #expect(try named.policy().ports == [81...81], "it is read again when it has changed")
            FileAccess.remove(named.path)
            #expect(Self.refusal(named)?.contains("it is not there") == true, "what is gone is not remembered")
        }
    }

    @Test func aFileThatIsWrongAllowsNothing() throws {
        try inDirectory { directory in
            let file = PolicyFile(named: "\(directory)/policy.conf")
            let cases: [([UInt8], String)] = [
                (Array("user = a\nports = x".utf8), "policy.conf:1:1: there is no rule 'user'; did you mean 'users'? "),
                (Array("user = a\nports = x".utf8), "policy.conf:2:9: 'x' is no port"), ([0xFF, 0xFE], "not UTF-8"),
                ([UInt8](repeating: 0x23, count: 65_537), "longer than 65536 bytes"),
            ]
            for (bytes, words) in cases {
                try FileAccess.replace(file.path, with: bytes)
                let said = Self.refusal(file)
                #expect(said?.contains(words) == true, "\(said ?? "allowed")")
                #expect(said?.hasPrefix("nothing new is started here, and what serves goes on") == true)
            }
            FileAccess.remove(file.path)
            try FileAccess.makeDirectory(file.path)
            #expect(Self.refusal(file) != nil, "a directory is no policy")
        }
    }

    @Test func aFileThatOthersCanChangeIsNoPolicy() throws {
        try inDirectory { directory in
            let file = PolicyFile(named: "\(directory)/policy.conf")
            try FileAccess.replace(file.path, with: Array("ports = 80".utf8), mode: 0o644)
            #expect(Self.refusal(file) == nil)
            #expect(chmod(file.path, 0o666) == 0)
            #expect(Self.refusal(file)?.contains("everybody can change \(file.path)") == true)
            #expect(chmod(file.path, 0o644) == 0)
            #expect(chmod(directory, 0o777) == 0)
            #expect(Self.refusal(file)?.contains("everybody can change \(directory)") == true)
            #expect(chmod(directory, 0o1777) == 0)
            #expect(Self.refusal(file) == nil, "in such a directory each changes their own")
        }
    }

    @Test func whatAUserCannotReachIsNotRunAsThatUser() throws {
        try inDirectory { directory in
            let program = "\(directory)/a/tool"
            try FileAccess.makeDirectory("\(directory)/a")
            try FileAccess.replace(program, with: [], mode: 0o755)
            #expect(chmod(directory, 0o755) == 0 && chmod("\(directory)/a", 0o755) == 0)
            let other = ShimUser(id: 65_534, group: 65_534, groups: [65_534])
            let own = ShimUser(id: geteuid(), group: getegid(), groups: [])
            #expect(FileTrust.mayRun(program, other) && FileTrust.mayRun(program, own))
            #expect(chmod("\(directory)/a", 0o700) == 0)
            #expect(!FileTrust.mayRun(program, other) && FileTrust.mayRun(program, own))
            #expect(chmod("\(directory)/a", 0o755) == 0 && chmod(program, 0o744) == 0)
            #expect(!FileTrust.mayRun(program, other) && FileTrust.mayRun(program, own))
            #expect(!FileTrust.mayRun("\(directory)/absent", other))
        }
    }

    @Test func whoCanChangeAFileIsLookedForUpToTheTop() throws {
        try inDirectory { directory in
            let inner = "\(directory)/a/b"
            try FileAccess.makeDirectory(inner)
            let program = "\(inner)/tool"
            try FileAccess.replace(program, with: [], mode: 0o755)
            try FileAccess.makeDirectory("\(directory)/links")
            let link = "\(directory)/links/tool"
            #expect(symlink(program, link) == 0)
            #expect(FileTrust.exposure(of: link) == nil)
            #expect(chmod("\(directory)/a", 0o777) == 0)
            #expect(FileTrust.exposure(of: link) == "everybody can change \(directory)/a")
            #expect(chmod("\(directory)/a", 0o755) == 0)
            #expect(chmod("\(directory)/links", 0o777) == 0)
            #expect(FileTrust.exposure(of: link) == "everybody can change \(directory)/links")
            #expect(chmod("\(directory)/links", 0o755) == 0)
            #expect(FileTrust.exposure(of: "\(directory)/absent") == nil)
            if AgentFixture.isRoot {
                #expect(chown(inner, 65_534, 65_534) == 0)
                #expect(FileTrust.exposure(of: link) == "user nobody can change \(inner)")
                #expect(chown(inner, 0, 65_534) == 0 && chmod(inner, 0o775) == 0)
                #expect(FileTrust.exposure(of: link) == "group nogroup can change \(inner)")
            } else {
                print("\(AgentFixture.notRoot)")
            }
        }
    }
}

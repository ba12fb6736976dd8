import Fleet
import Testing

@testable import FleetAgent

/// What a policy allows, in tables.
@Suite struct PolicyRuleTests {
    private static let data = "/var/lib/muster-agent"

    private static func question(
        user: String = "model-server",
        isRoot: Bool = false,
        program: String = "/opt/mlserver/bin/mlserver",
        written: String = "mlserver",
        resolved: String? = nil,
        exposure: String? = nil,
        texts: [String] = [],
        secrets: [String] = [],
        port: UInt16? = 8080,
        bundle: Digest? = nil
    ) -> PolicyQuestion {
        PolicyQuestion(
            driver: .process,
            user: user,
            isRoot: isRoot,
            programs: [.init(written: written, path: program, resolved: resolved ?? program, exposure: exposure)],
            texts: texts.map { .init(place: "command of runtime 'r'", text: $0) },
            secrets: secrets.map { .init(place: "variable A of the deployment", text: $0) },
            port: port,
            modelDirectory: "\(data)/models/ab",
            bundle: bundle,
            runtimeDirectory: bundle.map { _ in "\(data)/runtimes/cd/env" },
            dataDirectory: data
        )
    }

    private static func problems(_ text: String?, _ question: PolicyQuestion) throws -> [String] {
        let file = "/etc/muster/policy.conf"
        let policy = try text.map { try HostPolicy(text: $0, file: file) } ?? HostPolicy(absent: file)
        return PolicyRule(policy: policy, host: "lyon-1").problems(with: question)
    }

    @Test func anOrdinaryRuntimeNeedsNoPolicy() throws {
        #expect(try Self.problems(nil, Self.question()) == [])
        #expect(try Self.problems("", Self.question(texts: ["/etc/anything", "../x"])) == [])
    }

    @Test func aBundleIsAllowedAsAWholeOrNotAtAll() throws {
        let digest = Digest(of: [1])
        let question = Self.question(
            program: "\(Self.data)/runtimes/cd/env/bin/mlserver",
            resolved: "/usr/bin/python3.11",
            texts: ["\(Self.data)/runtimes/cd/env/lib"],
            bundle: digest
        )
        #expect(
            try Self.problems(nil, question) == [
                "the runtime's bundle \(digest) may not be installed on lyon-1: the default rule 'bundles' (there is no "
                    + "/etc/muster/policy.conf) allows none; use a runtime whose server is installed on the host, or have the "
                    + "bundle allowed (`bundles = \(digest)`, or `bundles = any`, in /etc/muster/policy.conf)"
            ]
        )
        #expect(try Self.problems("bundles = \(Digest(of: [2]))", question).count == 1)
        for words in ["any", "\(Digest(of: [2])) \(digest)"] {
            #expect(try Self.problems("bundles = \(words)\nexecutables = /opt\npaths = /srv", question) == [])
        }
        // Programs of the host are still the other rule's.
        #expect(try Self.problems("bundles = any\nexecutables = /usr", Self.question(bundle: digest)).count == 1)
    }

    @Test(
        arguments: [
            (nil, "muster", false, true), (nil, "root", true, false), (nil, "toor", true, false),
            ("users = root", "root", true, true), ("users = vision", "muster", false, false),
            ("users = vision muster", "muster", false, true),
        ] as [(String?, String, Bool, Bool)]
    )
    func usersAreBounded(policy: String?, user: String, isRoot: Bool, isAllowed: Bool) throws {
        let found = try Self.problems(policy, Self.question(user: user, isRoot: isRoot))
        #expect(found.isEmpty == isAllowed, "\(found)")
        guard !isAllowed else { return }
        #expect(
            found.count == 1 && found[0].contains("'users'") && found[0].contains("replicas run as \(user) on lyon-1")
        )
    }

    @Test(
        arguments: [
            // The default: what is installed on the host, by people who look after it.
            (nil, "/usr/bin/python3", nil, nil, true), (nil, "/tmp/x", nil, "everybody can change /tmp", false),
            (nil, "/var/lib/muster-agent/models/ab/serve", nil, nil, false),
            (nil, "/opt/link", "/var/lib/muster-agent/models/ab/serve", nil, false),
            (nil, "/var/lib/muster-agents/serve", nil, nil, true), (nil, "/usr/bin/../../tmp/x", nil, nil, false),
            (nil, "bin/serve", nil, nil, false),
            // What is written takes its place.
            ("executables = /opt", "/opt/mlserver/bin/mlserver", nil, nil, true),
            ("executables = /opt", "/optional/x", nil, nil, false),
            ("executables = /opt", "/usr/bin/sh", nil, nil, false),
            ("executables = /opt", "/opt/../bin/sh", nil, nil, false),
            ("executables = /usr/bin/python3", "/usr/bin/python3", nil, nil, true),
            ("executables = /usr/bin/python3", "/usr/bin/python3.11", nil, nil, false),
            ("executables = /opt", "/opt/x", nil, "everybody can change /opt", true),
            ("executables = /", "/anything", nil, nil, true),
            ("executables = /var/lib/muster-agent/models", "/var/lib/muster-agent/models/ab/serve", nil, nil, true),
        ] as [(String?, String, String?, String?, Bool)]
    )
    func programsAreBounded(policy: String?, path: String, resolved: String?, exposure: String?, isAllowed: Bool) throws
    {
        let question = Self.question(program: path, written: path, resolved: resolved, exposure: exposure)
        let found = try Self.problems(policy, question)
        #expect(found.isEmpty == isAllowed, "\(found)")
        guard !isAllowed else { return }
        #expect(found.count == 1 && found[0].contains("'executables'") && found[0].contains("on lyon-1"), "\(found)")
    }

    @Test func whatIsNowhereIsNotThePolicysToRefuse() throws {
        var question = Self.question()
        question.programs[0].path = nil
        #expect(try Self.problems("executables = /opt/nothing", question) == [])
    }

    @Test(
        arguments: [
            ("--model=/srv/models/a", true), ("/srv/models", true), ("/srv/modelsmore", false), ("--dir=/etc", false),
            ("/var/lib/muster-agent/models/ab/x", true), ("/var/lib/muster-agent/models/cd/x", false),
            ("/srv/models/../../etc/shadow", false), ("../../etc", false), ("{\"file\": \"/etc/shadow\"}", false),
            ("/srv/models:/etc", false), ("https://example.com/etc", true), ("file:///etc/shadow", false),
            ("0.0.0.0:8080", true), ("a/b", true), ("", true), ("/opt/tools/bin", true), ("//etc", false),
        ]
    )
    func pathsAreBounded(text: String, isAllowed: Bool) throws {
        let policy = "paths = /srv/models\nexecutables = /opt"
        let found = try Self.problems(policy, Self.question(texts: [text]))
        #expect(found.isEmpty == isAllowed, "\(found)")
        #expect(
            found.allSatisfy { $0.contains("rule 'paths' (/etc/muster/policy.conf:1)") && $0.contains("runtime 'r'") }
        )
        #expect(try Self.problems("executables = /opt", Self.question(texts: [text])) == [], "by default any path")
    }

    @Test(
        arguments: [
            (nil, 8080, true), (nil, 1024, true), (nil, 80, false), ("ports = 80 8000-8999", 80, true),
            ("ports = 80 8000-8999", 8999, true), ("ports = 80 8000-8999", 9000, false), ("ports = 80", 8080, false),
        ] as [(String?, UInt16, Bool)]
    )
    func portsAreBounded(policy: String?, port: UInt16, isAllowed: Bool) throws {
        let found = try Self.problems(policy, Self.question(port: port))
        #expect(found.isEmpty == isAllowed, "\(found)")
        #expect(
            found.allSatisfy { $0.contains("port \(port) may not be an endpoint on lyon-1") && $0.contains("'ports'") }
        )
        #expect(try Self.problems(policy, Self.question(port: nil)) == [])
    }

    @Test(
        arguments: [
            (nil, "/srv/triton/models", false), ("repositories = /srv/triton", "/srv/triton/models", true),
            ("repositories = /srv/triton/models", "/srv/triton/models", true),
            ("repositories = /srv/triton/models", "/srv/triton/models-of-others", false),
            ("repositories = /srv", "/srv/../etc", false), ("paths = /srv", "/srv/models", false),
        ] as [(String?, String, Bool)]
    )
    func repositoriesAreBounded(policy: String?, path: String, isAllowed: Bool) throws {
        var question = Self.question()
        question.repository = path
        // Nobody is started, so that nobody has to be allowed.
        question.user = nil
        let found = try Self.problems(policy, question)
        #expect(found.isEmpty == isAllowed, "\(found)")
        #expect(found.allSatisfy { $0.contains("models may not be put into \(path) on lyon-1: ") })
        #expect(found.allSatisfy { $0.contains("(`repositories = \(path)` in /etc/muster/policy.conf)") })
    }

    @Test(
        arguments: [
            (nil, "anything.example/x", false), ("images = a.example", "a.example/x/y", true),
            ("images = a.example/x", "a.example/x", true), ("images = a.example/x", "a.example/x/y", true),
            ("images = a.example/x", "a.example/xy", false), ("images = a.example", "a.example.evil.example/x", false),
            ("images = a.example b.example:5000/z", "b.example:5000/z", true),
            ("images = a.example", "b.example/x", false),
        ] as [(String?, String, Bool)]
    )
    func imagesAreBounded(policy: String?, name: String, isAllowed: Bool) throws {
        var question = Self.question()
        question.image = "\(name)@sha256:\(String(repeating: "a", count: 64))"
        let found = try Self.problems(policy, question)
        #expect(found.isEmpty == isAllowed, "\(found)")
        let isDefault = policy == nil
        let place = isDefault ? "the default rule 'images' (there is no" : "rule 'images' (/etc/muster/policy.conf:1)"
        #expect(found.allSatisfy { $0.contains("may not be run on lyon-1: \(place)") })
    }

    @Test(
        arguments: [
            (nil, "/etc/muster/secrets/db", true), (nil, "/etc/muster/secrets", false),
            (nil, "/etc/muster/policy.conf", false),
            (nil, "/etc/muster/secrets/../policy.conf", false), (nil, "/etc/muster/secretsmore/db", false),
            ("secrets = /srv/secrets/ /run/keys", "/run/keys/a/b", true),
            ("secrets = /srv/secrets", "/etc/muster/secrets/db", false),
            ("paths = /srv", "/etc/muster/secrets/db", true),
        ] as [(String?, String, Bool)]
    )
    func filesOfSecretsAreBounded(policy: String?, path: String, isAllowed: Bool) throws {
        let found = try Self.problems(policy, Self.question(secrets: [path]))
        #expect(found.isEmpty == isAllowed, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("variable A of the deployment asks for the text of \(path), which ") })
        #expect(found.allSatisfy { $0.contains("'secrets'") && $0.contains("on lyon-1") })
    }

    @Test func everythingIsSaidAtOnceWithRuleFileLineAndWhatToDo() throws {
        let policy = "# ours\nusers = vision\nexecutables = /opt\nports = 80\npaths = /srv"
        let question = Self.question(program: "/usr/bin/sh", written: "sh", texts: ["/etc/shadow"])
        #expect(
            try Self.problems(policy, question) == [
                "replicas run as model-server on lyon-1, and rule 'users' (/etc/muster/policy.conf:2) allows vision alone: start "
                    + "the agent with --replica-user and one of these, or add model-server there",
                "'sh' (/usr/bin/sh) may not be run on lyon-1: rule 'executables' (/etc/muster/policy.conf:3) allows /opt alone; "
                    + "use a program of these, or have it added there",
                "command of runtime 'r' names '/etc/shadow', which rule 'paths' (/etc/muster/policy.conf:5) does not allow on "
                    + "lyon-1: it allows /srv and the directories of the model and of the runtime's bundle alone; use one of these, or have it "
                    + "added there",
                "port 8080 may not be an endpoint on lyon-1: rule 'ports' (/etc/muster/policy.conf:4) allows 80 alone; choose "
                    + "another endpoint.port, or have it added (`ports = …` in /etc/muster/policy.conf)",
            ]
        )
    }
}

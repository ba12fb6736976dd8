import Fleet
import Foundation
import Testing

@testable import FleetAgent

/// What `muster-agent check` makes of a host.
@Suite struct HostCheckTests {
    @Test(
        arguments: [
            ("type filter hook input priority filter; policy drop;", [], true),
            ("type filter hook input priority filter; policy accept;", [], false),
            ("type filter hook input priority filter; policy accept;", ["tcp dport 22 accept", "drop"], true),
            ("type filter hook input priority 0; policy accept;", ["counter packets 0 bytes 0 drop"], true),
            ("type filter hook input priority 0; policy accept;", ["reject with icmpx admin-prohibited"], true),
            ("type filter hook input priority filter; policy drop;", ["tcp dport 8080 accept"], true),
            ("type filter hook input priority filter; policy drop;", ["ct status dnat accept"], false),
            (
                "type filter hook input priority filter; policy drop;",
                ["meta l4proto tcp ct original proto-dst 8080 accept"], false
            ),
            ("type filter hook forward priority filter; policy drop;", [], false),
            ("type nat hook input priority 100; policy accept;", ["drop"], false),
        ] as [(String, [String], Bool)]
    )
    func aFirewallThatDropsByDefaultIsSeen(_ head: String, _ rules: [String], _ isObstacle: Bool) {
        let ruleset = """
            table inet other {
            	chain forward {
            		type filter hook forward priority filter; policy accept;
            	}
            }
            table ip filter {
            	chain INPUT {
            		\(([head] + rules).joined(separator: "\n\t\t"))
            	}
            }
            """
        let wanted = isObstacle ? [HostFirewall.Obstacle(chain: "ip filter INPUT")] : []
        #expect(HostFirewall.obstacles(in: ruleset) == wanted)
    }

    @Test func theOneRuleNamesTheEndpoints() {
        let obstacle = HostFirewall.Obstacle(chain: "inet filter input")
        #expect(obstacle.rule(for: []) == "nft insert rule inet filter input ct status dnat accept")
        let rule = "nft insert rule inet filter input meta l4proto tcp ct original proto-dst { 80, 8080 } accept"
        #expect(obstacle.rule(for: [8080, 80]) == rule)
    }

    @Test func aConntrackTableCarriesItsSizeOverItsLinger() {
        #expect(ConntrackTable(size: 262_144, used: 3, lingering: .seconds(120)).newPerSecond == 2184)
    }

    @Test func aHostThatIsNotEnrolledIsNotFit() throws {
        let files = try AgentFiles(directory: "/no/such/directory")
        let report = HostCheck(files: files, ports: .standard, setting: .off).report()
        let finding = report.findings.first { $0.name == "enrolment" }
        #expect(finding?.state == .problem)
        #expect(finding?.text.contains("/no/such/directory") == true, "\(finding?.text ?? "")")
        #expect(!report.isFit)
    }

    @Test func aHostWithoutAContainerEngineIsToldSo() throws {
        let files = try AgentFiles(directory: "/no/such/directory")
        let check = HostCheck(files: files, ports: .standard, setting: .off, engine: "/no/such/engine.sock")
        let finding = check.report().findings.first { $0.name == "containers" }
        #expect(finding?.state == .notice, "nobody must have one")
        #expect(finding?.text == "`driver: container` cannot be used: there is no /no/such/engine.sock")
        #expect(finding?.next?.contains("--container-engine") == true)
    }

    @Test func aRepositoryIsLookedAt() throws {
        let root = FileManager.default.temporaryDirectory.path + "/muster-check-\(UInt64.random(in: 0 ... .max))"
        defer { FileAccess.remove(root) }
        try FileAccess.makeDirectory("\(root)/sound")
        try FileAccess.makeDirectory("\(root)/open")
        #expect(chmod("\(root)/open", 0o777) == 0)
        for (name, state, said) in [
            (nil, .notice, "rule 'repositories' allows none"), ("sound", .ok, "can be used with \(root)/sound"),
            ("open", .problem, "everybody can change \(root)/open"), ("gone", .problem, "No such file or directory"),
        ] as [(String?, CheckFinding.State, String)] {
            let policy = "\(root)/policy.conf"
            let text = name.map { "repositories = \(root)/\($0)\n" } ?? ""
            try FileAccess.replace(policy, with: Array(text.utf8), mode: 0o644)
            let check = HostCheck(
                files: try AgentFiles(directory: "/no/such/directory"),
                ports: .standard,
                setting: .off,
                policy: PolicyFile(named: policy)
            )
            let finding = try #require(check.report().findings.first { $0.name == "external" })
            #expect(finding.state == state && finding.text.contains(said), "\(finding.text)")
        }
    }

    /// No accelerator is here: what `nvidia-smi` prints was recorded elsewhere, and a script prints it.
    @Test(
        arguments: [
            ("NVIDIA A100-SXM4-80GB, 81920\nNVIDIA A100-SXM4-80GB, 81920\n", 2, "NVIDIA A100-SXM4-80GB with 80 GiB"),
            ("Tesla T4, 15360", 1, "Tesla T4 with 15 GiB"), ("Orin (nvgpu), [N/A]\n", 1, "Orin (nvgpu)"),
            ("NVIDIA RTX A6000, 49140\n", 1, "NVIDIA RTX A6000 with 47.9 GiB"), ("No devices were found\n", 0, ""),
            ("", 0, ""), (", 5\n", 0, ""),
        ]
    )
    func acceleratorsAreListed(answer: String, count: Int, text: String) {
        let listing = AcceleratorListing(answer: answer)
        #expect(listing.devices.count == count)
        #expect(listing.text.hasPrefix(text), "\(listing.text)")
        #expect(count > 0 || listing.text.isEmpty)
    }

    @Test func theProgramOfTheDriverIsAskedWhatTheFilesAre() throws {
        let directory = try AgentFixture().files.directory
        try FileAccess.makeDirectory(directory)
        defer { FileAccess.remove(directory) }
        let check = HostCheck(files: try AgentFiles(directory: directory), ports: .standard, setting: .off)
        let program = "\(directory)/nvidia-smi"
        func found(_ count: Int64, _ script: String?) throws -> CheckFinding? {
            FileAccess.remove(program)
            if let script {
                try FileAccess.replace(program, with: Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755)
            }
            return check.accelerators(count, places: [program]).first
        }
        #expect(try found(0, nil) == nil)
        #expect(try found(1, nil)?.state == .notice)
        let asked =
            "[ \"$1 $2\" = \"\(AcceleratorListing.arguments.joined(separator: " "))\" ] && echo 'Tesla T4, 15360'"
        #expect(try found(1, asked) == .ok("accelerators", "1: Tesla T4 with 15 GiB"))
        let fewer = try #require(try found(2, asked))
        #expect(fewer.state == .problem && fewer.text.contains("it lists 1: Tesla T4"), "\(fewer.text)")
        let broken = try #require(
            try found(1, "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")
        )
        #expect(broken.state == .problem && broken.text.contains("it ended with 18: Failed to init"), "\(broken.text)")
    }

    @Test func aReportSaysWhatToDo() {
        let report = CheckReport(
            host: "lyon-1",
            findings: [
                .ok("user", "fine"), .notice("conntrack", "small", next: "raise it"),
            ]
        )
        #expect(report.isFit)
        #expect(
            report.text == """
                ok       user       fine
                notice   conntrack  small
                                    next: raise it
                lyon-1 is fit to serve
                """
        )
        let worse = CheckReport(host: "lyon-1", findings: [.problem("disk", "full", next: "free some")])
        #expect(!worse.isFit && worse.text.hasSuffix("lyon-1 is not fit to serve as it is"))
    }
}

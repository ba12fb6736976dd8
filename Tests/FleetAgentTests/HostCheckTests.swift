import Fleet
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

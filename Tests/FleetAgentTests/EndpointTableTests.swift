import Fleet
import Testing

@testable import FleetAgent

/// The endpoint's table as text for `nft`, and back. What the rules do is tested with the real thing: test_endpoint.py.
@Suite struct EndpointTableTests {
    /// As nft 1.0.6 prints it.
    private static let listing = """
        table inet muster {
        	map endpoint {
        		type inet_service : inet_service
        		elements = { 8080 : 18001, 8081 : 18002,
        			     8083 : 18003 }
        	}

        	set closed {
        		type inet_service
        		elements = { 8082 }
        	}

        	set cut {
        		type inet_service
        	}

        	set adopted {
        		type inet_service
        		elements = { 8081 }
        	}

        	set hidden {
        		type inet_service
        		flags interval
        		elements = { 18000-18999 }
        	}

        	chain prerouting {
        		type nat hook prerouting priority dstnat; policy accept;
        		tcp dport @adopted tcp flags & (fin | syn | rst | ack) != syn accept comment "muster 1 older remote"
        		fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint comment "muster 1 remote"
        	}

        	chain output {
        		type nat hook output priority -100; policy accept;
        		tcp dport @adopted tcp flags & (fin | syn | rst | ack) != syn accept comment "muster 1 older local"
        		fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint comment "muster 1 local"
        	}

        	chain input {
        		type filter hook input priority filter; policy accept;
        		tcp dport @cut ct status dnat reject with tcp reset comment "muster 1 cut requests"
        		tcp dport @closed tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset comment "muster 1 closed"
        		tcp dport @hidden iif != "lo" ct status ! dnat reject with tcp reset comment "muster 1 hidden"
        	}

        	chain replies {
        		type filter hook output priority filter; policy accept;
        		tcp sport @cut ct status dnat tcp flags ! rst reject with tcp reset comment "muster 1 cut answers"
        	}
        }

        """

    private static let table = EndpointTable(
        open: [8080: 18_001, 8081: 18_002, 8083: 18_003],
        closed: [8082],
        cut: [],
        adopted: [8081],
        hiding: 18_000...18_999
    )

    @Test func aWholeListingIsRead() {
        #expect(EndpointTable(listing: Self.listing) == Self.table)
        #expect(Self.table.endpoints == [8080: 18_001, 8081: 18_002, 8082: nil, 8083: 18_003])
    }

    @Test func eachLineThatIsMissingIsMissed() {
        let lines = Self.listing.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where line.hasPrefix("\t") && !line.hasPrefix("\t}") {
            // What nft says about a set's type and a chain's hook cannot be changed without removing it.
            guard !line.contains("type ") || line.contains("comment"), !line.contains("flags interval") else {
                continue
            }
            var rest = lines
            rest.remove(at: number)
            #expect(EndpointTable(listing: rest.joined(separator: "\n")) != Self.table, "without \(line)")
        }
    }

    @Test func aScriptHoldsNumbersAndOurOwnWordsOnly() {
        var table = Self.table
        table.wasCut(18_004)
        let script = table.contentScript
        #expect(script.contains("add element inet muster endpoint { 8080 : 18001, 8081 : 18002, 8083 : 18003 }\n"))
        #expect(script.contains("add element inet muster closed { 8082 }\n"))
        #expect(script.contains("add element inet muster cut { 18004 }\n"))
        #expect(script.contains("add element inet muster adopted { 8081 }\n"))
        #expect(table.script.hasSuffix(script))
        #expect(!EndpointTable(hiding: 1...2).contentScript.contains("add"))
    }

    @Test func changesKeepEachPortInOnePlace() {
        var table = EndpointTable(hiding: 18_000...18_999)
        table.wasOpened(8080, to: 18_001)
        table.wasClosed(8080)
        #expect(table.endpoints == [8080: nil])
        table.wasCut(18_001)
        table.wasOpened(8080, to: 18_001)
        #expect(table.endpoints == [8080: 18_001] && table.cut.isEmpty, "a port that is used again is not cut")
        table.wasCut(18_002)
        table.hostWasBooted()
        #expect(table.endpoints == [8080: nil] && table.cut.isEmpty)
        table.wasAdopted(8080)
        table.wasForgotten(8080)
        #expect(table == EndpointTable(hiding: 18_000...18_999))
    }

    @Test func theFileKnowsTheBoot() throws {
        let path = "/tmp/muster-endpoints-\(UInt64.random(in: 0...9_999_999))"
        defer { FileAccess.remove(path) }
        var table = Self.table
        table.wasCut(18_004)
        #expect(try EndpointFile(path: path, boot: "b1").table() == nil)
        try EndpointFile(path: path, boot: "b1").write(table)
        #expect(try EndpointFile(path: path, boot: "b1").table() == table)
        table.hostWasBooted()
        #expect(try EndpointFile(path: path, boot: "b2").table() == table)
        try FileAccess.replace(path, with: Array("{".utf8))
        let error = #expect(throws: AgentError.self) { try EndpointFile(path: path, boot: "b1").table() }
        #expect(error?.message.contains(path) == true)
    }

    @Test func aFileThatCannotBeReplacedDoesNotStay() throws {
        let path = "/tmp/muster-endpoints-\(UInt64.random(in: 0...9_999_999))"
        defer {
            FileAccess.remove(path)
            FileAccess.remove("\(path).new")
        }
        let file = EndpointFile(path: path, boot: "b1")
        try file.write(Self.table)
        try FileAccess.makeDirectory("\(path).new")
        #expect(throws: AgentError.self) { try file.write(Self.table) }
        #expect(try file.table() == nil)
    }

    @Test func aHostThatHasSwitchedIsNotGivenUp() throws {
        let path = "/tmp/muster-endpoints-\(UInt64.random(in: 0...9_999_999))"
        defer { FileAccess.remove(path) }
        let file = EndpointFile(path: path, boot: "b1")
        let slow = AgentError(.endpoint, "nft did not end within 10s")
        let refused = AgentError(.endpoint, "not supported", cause: Nftables.Refusal.answered)
        let forbidden = AgentError(.endpoint, "not permitted", cause: Nftables.Refusal.incapable)
        #expect(!EndpointSetting.isLasting(slow, file))
        #expect(EndpointSetting.isLasting(refused, file))
        #expect(EndpointSetting.isLasting(forbidden, file))
        try file.write(Self.table)
        #expect(!EndpointSetting.isLasting(refused, file))
        #expect(EndpointSetting.isLasting(forbidden, file))
    }

    @Test func aRunningAgentsEndpointsAreNotRemoved() throws {
        let files = try AgentFiles(directory: "/tmp/muster-agent-\(UInt64.random(in: 0...9_999_999))")
        defer { FileAccess.remove(files.directory) }
        try files.prepare()
        try AgentProgram.refuseRunningAgent(files)
        let lock = try AgentLock(files)
        let error = #expect(throws: AgentError.self) { try AgentProgram.refuseRunningAgent(files) }
        #expect(error?.message.contains("stop it first") == true)
        _ = consume lock
        try AgentProgram.refuseRunningAgent(files)
    }

    @Test(arguments: ["", "18000", "18000-", "-1", "1-2-3", "80-90", "2000-1999", "18000-99999", "a-b"])
    func aRangeThatIsNoneIsRefused(_ text: String) {
        #expect(PrivatePorts(text) == nil)
    }

    @Test func privatePortsKeepOutOfTheEphemeralRange() throws {
        let ports = try #require(PrivatePorts("18000-18999"))
        try ports.refuseOverlap(with: 32_768...60_999)
        for range in [18_999...60_999, 1024...18_000, 18_100...18_200, 1024...65_535] as [ClosedRange<UInt16>] {
            let error = #expect(throws: AgentError.self) { try ports.refuseOverlap(with: range) }
            #expect(error?.message.contains("--private-ports") == true)
        }
    }

    @Test func aCommandIsBounded() throws {
        let said = try BoundedCommand(program: "/bin/sh").run(["-c", "cat; echo oh >&2; exit 3"], input: "yes")
        #expect(said == BoundedCommand.Result(status: 3, output: "yes", complaint: "oh"))
        for (script, reason) in [("exec tail -f /dev/null", "within 100ms"), ("exec yes", "said more than")] {
            let limit = script.contains("tail") ? Span(milliseconds: 100) : Span.seconds(30)
            let error = #expect(throws: AgentError.self) {
                try BoundedCommand(program: "/bin/sh", limit: limit).run(["-c", script])
            }
            #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
        }
        #expect(throws: AgentError.self) { try BoundedCommand(program: "/no/such/program").run([]) }
    }
}

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

        	map bridged {
        		type inet_service : ipv4_addr . inet_service
        		elements = { 8084 : 10.88.0.5 . 8080 }
        	}

        	set cut {
        		type inet_service
        	}

        	set adopted {
        		type inet_service
        		elements = { 8081 }
        	}

        	set places {
        		type ipv4_addr . inet_service
        		elements = { 10.88.0.6 . 8080 comment "18005",
        			     10.88.0.5 . 8080 comment "18004" }
        	}

        	set severed {
        		type ipv4_addr . inet_service
        		elements = { 10.88.0.6 . 8080 }
        	}

        	set near {
        		type ipv4_addr
        		flags interval
        		elements = { 10.88.0.0/16 }
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
        		fib daddr type local dnat ip to tcp dport map @bridged comment "muster 1 remote bridged"
        	}

        	chain output {
        		type nat hook output priority -100; policy accept;
        		tcp dport @adopted tcp flags & (fin | syn | rst | ack) != syn accept comment "muster 1 older local"
        		fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint comment "muster 1 local"
        		fib daddr type local dnat ip to tcp dport map @bridged comment "muster 1 local bridged"
        	}

        	chain input {
        		type filter hook input priority filter; policy accept;
        		tcp dport @cut ct status dnat reject with tcp reset comment "muster 1 cut requests"
        		tcp dport @closed tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset comment "muster 1 closed"
        		tcp dport @hidden iif != "lo" ct status ! dnat reject with tcp reset comment "muster 1 hidden"
        		iif != "lo" ip daddr 127.0.0.0/8 ct status ! dnat drop comment "muster 1 loopback"
        		ip saddr . tcp sport @severed ct status dnat tcp flags ! rst reject with tcp reset comment "muster 1 severed answers to here"
        	}

        	chain replies {
        		type filter hook output priority filter; policy accept;
        		tcp sport @cut ct status dnat tcp flags ! rst reject with tcp reset comment "muster 1 cut answers"
        		ip daddr . tcp dport @severed ct status dnat tcp flags ! rst reject with tcp reset comment "muster 1 severed requests from here"
        	}

        	chain postrouting {
        		type nat hook postrouting priority srcnat; policy accept;
        		ip saddr 127.0.0.0/8 ip daddr . tcp dport @places masquerade comment "muster 1 loopback bridged"
        		ct status dnat ip saddr @near ip daddr . tcp dport @places masquerade comment "muster 1 near bridged"
        	}

        	chain forward {
        		type filter hook forward priority filter; policy accept;
        		ip saddr . tcp sport @severed ct status dnat tcp flags ! rst reject with tcp reset comment "muster 1 severed answers"
        		ip daddr . tcp dport @severed ct status dnat tcp flags ! rst reject with tcp reset comment "muster 1 severed requests"
        		ip daddr . tcp dport @places ip saddr != @near ct status ! dnat reject with tcp reset comment "muster 1 bridged hidden"
        	}
        }

        """

    private static let table = EndpointTable(
        open: [8080: 18_001, 8081: 18_002, 8083: 18_003, 8084: 18_004],
        closed: [8082],
        cut: [18_005],
        adopted: [8081],
        places: [18_004: place, 18_005: other],
        near: Set([IPv4Network("10.88.0.0/16")].compactMap(\.self)),
        hiding: 18_000...18_999
    )
    private static let place = ContainerPlace(address: IPv4Address(value: 10 << 24 | 88 << 16 | 5), port: 8080)
    private static let other = ContainerPlace(address: IPv4Address(value: 10 << 24 | 88 << 16 | 6), port: 8080)

    @Test func aWholeListingIsRead() {
        #expect(EndpointTable(listing: Self.listing) == Self.table)
        #expect(Self.table.endpoints == [8080: 18_001, 8081: 18_002, 8082: nil, 8083: 18_003, 8084: 18_004])
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
        table.wasCut(EndpointTarget(port: 18_003))
        let script = table.contentScript
        #expect(script.contains("add element inet muster endpoint { 8080 : 18001, 8081 : 18002, 8083 : 18003 }\n"))
        #expect(script.contains("add element inet muster closed { 8082 }\n"))
        #expect(script.contains("add element inet muster cut { 18003 }\n"))
        #expect(script.contains("add element inet muster adopted { 8081 }\n"))
        #expect(script.contains("add element inet muster bridged { 8084 : 10.88.0.5 . 8080 }\n"))
        #expect(script.contains("add element inet muster severed { 10.88.0.6 . 8080 }\n"))
        #expect(
            script.contains(#"add element inet muster places { 10.88.0.5 . 8080 comment "18004", 10.88.0.6 . 8080 "#)
        )
        #expect(script.contains("add element inet muster near { 10.88.0.0/16 }\n"))
        #expect(table.script.hasSuffix(script))
        #expect(!EndpointTable(hiding: 1...2).contentScript.contains("add"))
    }

    @Test func changesKeepEachPortInOnePlace() {
        var table = EndpointTable(hiding: 18_000...18_999)
        let first = EndpointTarget(port: 18_001)
        table.wasOpened(8080, to: first)
        table.wasClosed(8080)
        #expect(table.endpoints == [8080: nil])
        table.wasCut(first)
        table.wasOpened(8080, to: first)
        #expect(table.endpoints == [8080: 18_001] && table.cut.isEmpty, "a port that is used again is not cut")
        table.wasCut(EndpointTarget(port: 18_002))
        table.hostWasBooted()
        #expect(table.endpoints == [8080: nil] && table.cut.isEmpty)
        table.wasAdopted(8080)
        table.wasForgotten(8080)
        #expect(table == EndpointTable(hiding: 18_000...18_999))
    }

    @Test func aContainersPlaceIsKeptAsLongAsItCounts() throws {
        let network = try #require(IPv4Network("10.88.0.0/16"))
        var table = EndpointTable(hiding: 18_000...18_999)
        let old = EndpointTarget(port: 18_001, place: Self.place)
        table.wasOpened(8080, to: old, on: network)
        table.wasOpened(8080, to: EndpointTarget(port: 18_002, place: Self.other), on: network)
        #expect(table.places == [18_002: Self.other] && table.near == [network])
        table.wasCut(old)
        #expect(table.places == [18_001: Self.place, 18_002: Self.other] && table.cut == [18_001])
        // A container that has got the address of one that has gone is not cut, nor reached by the other's endpoint.
        table.wasOpened(8081, to: EndpointTarget(port: 18_003, place: Self.place), on: network)
        table.wasOpened(8082, to: EndpointTarget(port: 18_004, place: Self.other), on: network)
        #expect(table.cut.isEmpty && table.endpoints == [8080: nil, 8081: 18_003, 8082: 18_004])
        #expect(table.places == [18_003: Self.place, 18_004: Self.other])
        // Sets of networks must not overlap.
        let wider = try #require(IPv4Network("10.0.0.0/8"))
        table.wasOpened(8081, to: EndpointTarget(port: 18_003, place: Self.place), on: wider)
        #expect(table.near == [wider])
        // Another replica on the host itself may get the number.
        table.wasOpened(8081, to: EndpointTarget(port: 18_003))
        #expect(table.places == [18_004: Self.other])
        table.wasForgotten(8082)
        #expect(table.places.isEmpty && table.near.isEmpty)
    }

    @Test func aRouteToAContainerIsFound() throws {
        // As the kernel printed them: one more exact, one default, one that is down, one through a gateway.
        let text = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            cni-podman0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
            down0\t0005580A\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0
            vpn0\t0006580A\t0201A8C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0

            """
        let network = try #require(IPv4Network("10.88.0.0/16"))
        for (address, link) in [
            ("10.88.0.2", BridgeLink(interface: "cni-podman0", network: network)),
            ("10.88.5.2", BridgeLink(interface: "cni-podman0", network: network)), ("10.88.6.2", nil),
            ("10.89.0.2", nil),
        ] {
            #expect(BridgeLink.find(try #require(IPv4Address(address)), in: text) == link, "\(address)")
        }
    }

    @Test(arguments: [
        "", "10.88.0", "10.88.0.256", "10.88.0.5.6", "10.88.0.-5", "::1", "10.88.0.0005", "10.88.0.5; flush",
    ])
    func anAddressThatIsNoneIsRefused(_ text: String) {
        #expect(IPv4Address(text) == nil)
        #expect(IPv4Network("\(text)/16") == nil)
        #expect(ContainerPlace("\(text):80") == nil)
    }

    @Test func addressesReadBack() throws {
        for text in ["0.0.0.0", "10.88.0.5", "255.255.255.255"] { #expect(IPv4Address(text)?.description == text) }
        for text in ["0.0.0.0/0", "10.88.0.0/16", "10.88.0.5/32"] { #expect(IPv4Network(text)?.description == text) }
        #expect(IPv4Network("10.88.0.5/16")?.description == "10.88.0.0/16")
        #expect(IPv4Network("10.88.0.5/33") == nil)
        #expect(ContainerPlace("10.88.0.5:8080") == Self.place && ContainerPlace("10.88.0.5 . 8080") == Self.place)
        for text in ["10.88.0.5", "10.88.0.5:", "10.88.0.5:99999", "10.88.0.5 8080", "10.88.0.5 , 8080"] {
            #expect(ContainerPlace(text) == nil, "\(text)")
        }
    }

    @Test func attributesOfTheKernelsMessagesReadBack() throws {
        let bytes = Netlink.attribute(1, [1, 2, 3]) + Netlink.nested(2, Netlink.attribute(7, [9])) + [255, 0, 3, 0]
        #expect(bytes.count == 8 + 12 + 4)
        let read = Netlink.attributes(bytes[...])
        #expect(
            read.count == 2 && read[1].map(Array.init) == [1, 2, 3],
            "what says that it is longer than it is is left out"
        )
        #expect(read[2].flatMap { Netlink.attributes($0)[7] }.map(Array.init) == [9])
    }

    @Test func theFileKnowsTheBoot() throws {
        let path = "/tmp/muster-endpoints-\(UInt64.random(in: 0...9_999_999))"
        defer { FileAccess.remove(path) }
        var table = Self.table
        table.wasCut(EndpointTarget(port: 18_003))
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

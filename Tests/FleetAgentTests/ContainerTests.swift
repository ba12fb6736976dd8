import Fleet
import ShimProtocol
import Testing

@testable import FleetAgent

/// What a container engine is asked and what it says, without one: containers themselves are tried by `Deploy/scripts/check
/// containers`.
@Suite struct ContainerTests {
    // MARK: What is asked

    private static let image = "registry.example.com/models/wine@sha256:\(String(repeating: "a", count: 64))"

    private static func request(_ resources: ReplicaResources? = nil, groups: [UInt32] = []) -> ContainerRequest {
        ContainerRequest(
            settings: .init(image: image),
            arguments: ["serve", "--port", "18000"],
            environment: ["A=b c"],
            user: (1000, 1001),
            groups: groups,
            model: "/var/lib/muster-agent/models/abc",
            resources: resources,
            stop: RuntimeProfile.Stop(drain: .seconds(0), signal: "INT", grace: .seconds(5)),
            labels: ["muster.agent": "muster-1"],
            logLimit: 1024
        )
    }

    @Test func aContainerIsAskedForAsItsRevisionSays() throws {
        let plain = String(decoding: try JSONCoding.encode(Self.request()), as: UTF8.self)
        #expect(
            plain == #"{"Cmd":["--port","18000"],"Entrypoint":["serve"],"Env":["A=b c"],"HostConfig":{"Binds":["#
                + #""/var/lib/muster-agent/models/abc:/var/lib/muster-agent/models/abc:ro"],"CapDrop":["ALL"],"GroupAdd":[],"#
                + #""LogConfig":{"Config":{"max-size":"1024"},"Type":"json-file"},"NetworkMode":"host","RestartPolicy":"#
                + #"{"Name":"no"},"SecurityOpt":["no-new-privileges"]},"Image":""# + Self.image
                + #"","Labels":{"muster.agent":"muster-1"},"StopSignal":"SIGINT","User":"1000:1001"}"#
        )
        let resources = ReplicaResources(
            memory: ByteQuantity(bytes: 64 << 20),
            cpu: ProcessorQuantity(millis: 1250),
            processes: 32,
            openFiles: 128
        )
        let bounded = Self.request(resources, groups: [990]).hostConfig
        #expect(bounded.memory == 64 << 20 && bounded.memorySwap == 64 << 20, "no swap beside it")
        #expect(bounded.nanoCpus == 1_250_000_000 && bounded.pidsLimit == 32 && bounded.groupAdd == ["990"])
        #expect(bounded.ulimits == [.init(name: "nofile", soft: 128, hard: 128)])
    }

    @Test func aBridgedContainerIsPublishedOnTheHostItselfAlone() throws {
        let settings = RuntimeProfile.ContainerSettings(image: Self.image, network: .bridge, ports: ["http": 8080])
        var request = Self.request()
        request = ContainerRequest(
            settings: settings,
            arguments: ["serve"],
            environment: [],
            user: (1000, 1001),
            groups: [],
            published: [8080: 18_001],
            model: "/m",
            resources: nil,
            stop: .standard,
            labels: [:],
            logLimit: 1024
        )
        let text = String(decoding: try JSONCoding.encode(request), as: UTF8.self)
        #expect(text.contains(#""NetworkMode":"bridge""#))
        #expect(text.contains(#""PortBindings":{"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"18001"}]}"#))
        #expect(text.contains(#""ExposedPorts":{"8080/tcp":{}}"#))
    }

    // MARK: What is said

    @Test(arguments: [
        // Docker 20.10, Podman 4.3 with the host's network, a later Docker, and none at all.
        (
            #"{"IPAddress":"172.17.0.3","Networks":{"bridge":{"IPAddress":"172.17.0.3","Links":null}}}"#, "172.17.0.3"
        ),
        (#"{"IPAddress":"","Networks":{"host":{"IPAddress":""}}}"#, nil),
        (#"{"Networks":{"a":{"IPAddress":""},"podman":{"IPAddress":"10.88.0.2"}}}"#, "10.88.0.2"),
        (#"{"IPAddress":"10.88.0.2"}"#, "10.88.0.2"), (#"{}"#, nil),
    ])
    func itsOwnAddressIsFound(settings: String, address: String?) throws {
        let text =
            #"{"Id":"ab","State":{"StartedAt":"x","Running":true,"Pid":7,"ExitCode":0},"NetworkSettings":\#(settings)}"#
        #expect(try JSONCoding.decode(ContainerState.self, from: text.utf8).address?.description == address)
    }

    private static func state(_ members: String) throws -> ContainerState {
        try JSONCoding.decode(
            ContainerState.self,
            from: #"{"Id":"ab","Name":"/x","State":{"StartedAt":"2026-11-22T23:52:45Z",\#(members)}}"#.utf8
        )
    }

    @Test(arguments: [
        (#""Running":false,"Pid":0,"ExitCode":3"#, "the container's process ended with exit code 3"),
        (#""Running":false,"Pid":0,"ExitCode":143,"Error":"""#, "the container's process was ended by signal 15"),
        (
            #""Running":false,"Pid":0,"ExitCode":137,"OOMKilled":true"#,
            "the container's process was ended by signal 9: out of memory: the kernel killed it (the container engine: OOMKilled)"
        ),
        (
            #""Running":false,"Pid":0,"ExitCode":127,"Error":"no such file""#,
            "the container's process ended with exit code 127: the container engine says: no such file"
        ),
        (#""Running":true,"Pid":7,"ExitCode":0"#, nil),
    ])
    func howAContainerEndedIsSaid(members: String, ending: String?) throws {
        let state = try Self.state(members)
        #expect(state.ending == ending)
        #expect(state.pid == (ending == nil ? 7 : nil))
    }

    @Test func whatAnEngineCannotBoundIsFound() throws {
        let good = #"{"MemoryLimit":true,"CpuCfsQuota":true,"PidsLimit":true}"#
        #expect(try JSONCoding.decode(ContainerEngine.Facts.self, from: good.utf8).missing.isEmpty)
        let poor = #"{"MemoryLimit":false,"CpuCfsQuota":true}"#
        let missing = try JSONCoding.decode(ContainerEngine.Facts.self, from: poor.utf8).missing
        #expect(Set(missing.keys) == [.memoryLimit, .processLimit])
    }

    @Test func aHandleReadsBackAndATornOneDoesNot() {
        var handle = ContainerHandle(
            id: "0a1b",
            began: "2026-11-22T23:52:45.013224001Z",
            child: ProcessIdentity(pid: 42, startTime: 99),
            boot: "b/1",
            startedAt: 5
        )
        #expect(ContainerHandle(text: handle.text) == handle)
        #expect(ContainerHandle(text: handle.text + "later thing\n") == handle)
        for length in 0..<handle.text.count {
            #expect(ContainerHandle(text: String(handle.text.prefix(length))) == nil, "torn at \(length)")
        }
        #expect(ContainerHandle(text: handle.text.replacing("muster-container/1", with: "muster-container/2")) == nil)
        handle.address = IPv4Address("10.88.0.5")
        #expect(ContainerHandle(text: handle.text) == handle)
        #expect(ContainerHandle(text: handle.text.replacing("10.88.0.5", with: "10.88")) == nil)
    }

    @Test func aBridgedReplicaIsReachedAtItsOwnAddress() throws {
        let address = try #require(IPv4Address("10.88.0.5"))
        let handle = ContainerHandle(
            id: "0a1b",
            began: "x",
            child: ProcessIdentity(pid: 42, startTime: 99),
            boot: "b/1",
            startedAt: 5,
            address: address
        )
        let reference = RevisionReference(number: 1, digest: Digest(of: []), written: Digest(of: []))
        var ticket = ReplicaTicket(
            deployment: "u",
            attempt: 1,
            revision: reference,
            ports: ["http": 18_001, "metrics": 18_002],
            inside: ["http": 8080, "metrics": 18_002]
        )
        var replica = RunningReplica(ticket: ticket, handle: .container(handle), directory: "/d")
        let http = EndpointTarget(port: 18_001, place: ContainerPlace(address: address, port: 8080))
        let metrics = EndpointTarget(port: 18_002, place: ContainerPlace(address: address, port: 18_002))
        #expect(replica.target("http") == http && replica.target("grpc") == nil)
        #expect(replica.targets == [http, metrics])
        #expect(replica.instance.ports == ["http": 18_001, "metrics": 18_002], "what the host knows it by")
        let bytes = try JSONCoding.encode(ticket)
        #expect(try JSONCoding.decode(ReplicaTicket.self, from: bytes) == ticket)
        ticket.inside = nil
        replica.ticket = ticket
        replica.handle = .shim(
            ShimHandle(shim: handle.child, child: handle.child, boot: "b/1", startedAt: 5)
        )
        #expect(replica.targets == [EndpointTarget(port: 18_001), EndpointTarget(port: 18_002)])
    }

    // MARK: A fetch

    @Test func aFetchTellsHowFarItIsAndWhyItFailed() {
        var progress = PullProgress()
        let text =
            #"{"status":"Pulling","id":"aa","progressDetail":{}}"# + "\n"
            + #"{"id":"aa","progressDetail":{"current":10,"total":30}}"# + "\r\n"
            + #"{"id":"bb","progressDetail":{"current":5}}"# + "\n"
            + #"{"id":"aa","progressDetail":{"current":30}}"# + "\n"
        // In pieces of any size.
        for byte in text.utf8 { progress.take([byte]) }
        #expect(progress.bytes == 35 && progress.complaint == nil)
        progress.take(#"{"error":"manifest unknown","errorDetail":{"message":"manifest unknown"}}"#.utf8)
        #expect(progress.complaint == "manifest unknown", "the last line may come without an end")
        progress.take("nonsense\n{\"id\":\"cc\",\"progressDetail\":{\"current\":1}}\n".utf8)
        #expect(progress.bytes == 36)
    }

    // MARK: Its log

    private static func frame(_ payload: String, kind: UInt8 = 1) -> [UInt8] {
        let count = payload.utf8.count
        return [kind, 0, 0, 0, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)] + Array(payload.utf8)
    }

    private static let time = "2026-11-22T23:52:45Z"

    @Test func aLogIsReadWithoutItsTimes() throws {
        var output = ContainerOutput()
        let stream =
            Self.frame("\(Self.time) one\n") + Self.frame("\(Self.time) a long li", kind: 2)
            + Self.frame("ne\n", kind: 2)
            + Self.frame("2026-11-22T23:52:46.012345678Z three\n")
        var log: [UInt8] = []
        for byte in stream { log += try output.take([byte]) }
        #expect(String(decoding: log, as: UTF8.self) == "one\na long line\nthree\n")
        #expect(output.mark == .init(time: "2026-11-22T23:52:46.012345678Z", count: 1))
        #expect(throws: AgentError.self) { _ = try output.take(Array("HTTP/1.1 500".utf8)) }
    }

    @Test func aSecondReadingGoesOnWhereTheFirstEnded() throws {
        let lines = ["1", "2", "3", "4"].map { Self.frame("\(Self.time) \($0)\n") }
        var first = ContainerOutput()
        _ = try first.take(lines[0] + lines[1])
        let mark = try #require(first.mark)
        #expect(ContainerOutput.Mark(text: mark.text) == mark)
        #expect(ContainerOutput.Mark(text: "yesterday 2\n") == nil)
        // All lines of the same second come again, and older ones.
        var second = ContainerOutput(from: mark)
        let again = Self.frame("2026-11-22T23:52:44Z 0\n") + lines.joined()
        let log = try second.take(again)
        #expect(String(decoding: log, as: UTF8.self) == "3\n4\n")
        #expect(second.mark == .init(time: Self.time, count: 4))
        #expect(mark.since == 1_795_391_564)
    }
}

import DaemonKit
import Fleet
import Logging
import Synchronization
import Testing

@testable import FleetAgent

/// Who gets which stable port, and in which order.
@Suite(.timeLimit(.minutes(1))) struct EndpointDeskTests {
    private let kernel = StuckSwitch()
    private let ports = HostPorts(address: "127.0.0.1", range: 23_450...23_469, ephemeral: 0...0)
    private let desk: EndpointDesk
    /// A desk at the same table that tells load balancers first.
    private let patient: EndpointDesk
    private let events: AsyncStream<(String, ReplicaEvent)>

    init() {
        let (events, continuation) = AsyncStream.makeStream(of: (String, ReplicaEvent).self)
        self.events = events
        let (kernel, ports) = (kernel, ports)
        let make = { (notice: Span) in
            EndpointDesk(
                kernel: kernel,
                notice: notice,
                ports: ports,
                time: .system,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                name: { "model-\($0)" },
                tell: { continuation.yield(($0, $1)) }
            )
        }
        desk = make(.seconds(0))
        patient = make(.seconds(1))
    }

    /// Why the next change of a deployment failed; `nil` when one was made.
    private func outcome(of deployment: String) async -> String? {
        for await (name, event) in events where name == deployment {
            switch event {
            case .switched: return nil
            case .switchFailed(_, let cause): return cause
            default: continue
            }
        }
        return "the desk has ended"
    }

    private var table: [UInt16: UInt16?] { kernel.table.withLock { $0 } }

    @Test func oneThatIsStuckKeepsNobodyWaiting() async {
        async let _: Void = desk.run()
        kernel.stuck.withLock { $0 = [8080] }
        desk.take(.open(8080, to: EndpointTarget(port: 23_450), attempt: 1), of: "a")
        desk.take(.open(8081, to: EndpointTarget(port: 23_451), attempt: 1), of: "b")
        #expect(await outcome(of: "b") == nil)
        #expect(table == [8081: 23_451])
        // Nor one that comes while the desk rests from its failures.
        desk.take(.open(8082, to: EndpointTarget(port: 23_452), attempt: 1), of: "c")
        #expect(await outcome(of: "c") == nil)
        kernel.stuck.withLock { $0 = [] }
        while await outcome(of: "a") != nil {}
        #expect(table == [8080: 23_450, 8081: 23_451, 8082: 23_452])
    }

    @Test func nobodyTakesAnothersClients() async {
        async let _: Void = desk.run()
        desk.take(.open(8080, to: EndpointTarget(port: 23_450), attempt: 1), of: "a")
        #expect(await outcome(of: "a") == nil)
        desk.take(.open(8080, to: EndpointTarget(port: 23_451), attempt: 1), of: "b")
        let refusal = await outcome(of: "b")
        #expect(refusal?.contains("leads to deployment 'model-a'") == true, "\(refusal ?? "it was not refused")")
        #expect(table == [8080: 23_450])
        #expect(ports.holder(of: 8080, otherThan: "b") == "model-a")
        #expect(ports.holder(of: 8080, otherThan: "a") == nil, "one that is refused a port does not have it")
        // Its own next process takes it over.
        desk.take(.open(8080, to: EndpointTarget(port: 23_452), attempt: 2), of: "a")
        #expect(await outcome(of: "a") == nil)
        #expect(table == [8080: 23_452])
        desk.take(.nowhere, of: "a")
        while await outcome(of: "b") != nil {}
        #expect(table == [8080: 23_451])
        #expect(ports.holder(of: 8080, otherThan: "a") == "model-b")
    }

    @Test func oneThatGoesDoesNotShutAnothersPort() async {
        async let _: Void = desk.run()
        desk.take(.open(8080, to: EndpointTarget(port: 23_450), attempt: 1), of: "a")
        #expect(await outcome(of: "a") == nil)
        desk.take(.closed(8080), of: "a")
        desk.take(.open(8080, to: EndpointTarget(port: 23_451), attempt: 1), of: "b")
        #expect(await outcome(of: "b") == nil)
        // As after a restart of the agent, while it still drains.
        for (number, aim) in [(UInt16(1), EndpointAim.closed(8080)), (2, .nowhere)] {
            desk.take(aim, of: "a")
            desk.take(.open(8081, to: EndpointTarget(port: 23_451 + number), attempt: 1), of: "c")
            #expect(await outcome(of: "c") == nil)
            #expect(table == [8080: 23_451, 8081: 23_451 + number])
        }
    }

    @Test func whatClosesIsOpenUntilLoadBalancersHaveSeenIt() async {
        async let _: Void = patient.run()
        patient.take(.open(8080, to: EndpointTarget(port: 23_450), attempt: 1), of: "a")
        #expect(await outcome(of: "a") == nil)
        patient.take(.closed(8080), of: "a")
        // Nobody else waits with it.
        patient.take(.open(8081, to: EndpointTarget(port: 23_451), attempt: 1), of: "b")
        #expect(await outcome(of: "b") == nil)
        #expect(table == [8080: 23_450, 8081: 23_451])
        await patient.leads(elsewhereThan: [23_450])
        #expect(table == [8080: nil, 8081: 23_451])
    }

    @Test func whoComesBackInTimeWasNeverClosed() async {
        async let _: Void = patient.run()
        patient.take(.open(8080, to: EndpointTarget(port: 23_450), attempt: 1), of: "a")
        #expect(await outcome(of: "a") == nil)
        patient.take(.nowhere, of: "a")
        patient.take(.open(8080, to: EndpointTarget(port: 23_452), attempt: 2), of: "a")
        #expect(await outcome(of: "a") == nil)
        #expect(table == [8080: 23_452])
        // Its next end is told anew.
        patient.take(.nowhere, of: "a")
        patient.take(.open(8081, to: EndpointTarget(port: 23_451), attempt: 1), of: "b")
        #expect(await outcome(of: "b") == nil)
        #expect(table == [8080: 23_452, 8081: 23_451])
    }

    @Test func aPrivatePortThatClientsStillComeToIsNotGivenAway() async throws {
        async let _: Void = desk.run()
        desk.take(.open(23_451, to: EndpointTarget(port: 23_450), attempt: 1), of: "a")
        #expect(await outcome(of: "a") == nil)
        let given = try ports.allocate(["http", "grpc"], endpoint: nil, key: "a-2")
        #expect(Set(given.values).isDisjoint(with: [23_450, 23_451]), "\(given)")
    }
}

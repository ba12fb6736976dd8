import DaemonKit
import Fleet
import ReplicaLifecycle
import Testing

@testable import FleetAgent

/// What is told of a program that listens on a port which an endpoint has taken over from it.
@Suite struct TakeoverWatchTests {
    private func warnings(
        isGranted: Bool = true,
        isServing: Bool = true,
        others: TCPSockets.Others?
    ) throws -> [String] {
        let reference = RevisionReference(number: 1, digest: Digest(of: "1".utf8), written: Digest(of: "w".utf8))
        var record = ReplicaRecord(deployment: "uid-1")
        record.item = AssignmentItem(
            deployment: "uid-1",
            name: "wine",
            number: 1,
            revision: nil,
            endpoint: Endpoint(port: 8080, to: "http"),
            adoptsPort: isGranted ? true : nil,
            stableFor: .seconds(0),
            rollbackStableFor: .seconds(0)
        )
        record.endpoint = record.item?.endpoint
        if isServing { record.serving = reference }
        let known = record
        return TakeoverWatch(
            host: "lyon-1",
            records: { ["uid-1": known] },
            others: { $0 == 8080 ? others : nil },
            tell: { _ in },
            time: .system
        ).warnings()
    }

    @Test(arguments: [
        (2, "stop it when its connections have ended: 2 are left"),
        (1, "stop it when its connections have ended: 1 is left"),
        (0, "none of its connections to this port is left, and it can be stopped"),
    ])
    func whoListensIsNamedWithWhatToDo(connections: Int, next: String) throws {
        let said = try warnings(others: TCPSockets.Others(owner: "python3 (pid 812)", connections: connections))
        #expect(
            said == [
                "port 8080 on lyon-1 is also listened on by python3 (pid 812): it gets no new connections while deployment "
                    + "'wine' serves there; \(next)"
            ]
        )
    }

    @Test func nothingIsToldWhereThereIsNothingToDo() throws {
        let others = TCPSockets.Others(owner: "python3 (pid 812)", connections: 1)
        #expect(try warnings(others: nil).isEmpty)
        #expect(try warnings(isGranted: false, others: others).isEmpty)
        #expect(try warnings(isServing: false, others: others).isEmpty)
    }

    /// Each answer names what somebody can do next, and the command only where it helps.
    @Test func aPortInUseIsRefusedWithWhatToDo() {
        func problem(_ isGranted: Bool, _ refusal: String?) -> String? {
            PortTakeover(isGranted: isGranted, refusal: refusal)
                .problem(with: 8080, listenedOnBy: "python3 (pid 812)", host: "lyon-1")
        }
        let command = "`muster host adopt-port lyon-1 8080`"
        #expect(problem(true, nil) == nil)
        #expect(problem(false, nil)?.contains(command) == true)
        #expect(problem(false, "--endpoint is off")?.hasSuffix("(CAP_NET_ADMIN), and then \(command)") == true)
        #expect(problem(true, "nft is missing")?.contains("the endpoint cannot be switched: nft is missing") == true)
        for text in [problem(false, nil), problem(false, "x"), problem(true, "x")] {
            #expect(text?.hasPrefix("port 8080 on lyon-1 is listened on by python3 (pid 812)") == true)
            #expect(text?.contains("ss -ltnp 'sport = :8080'") == true)
        }
    }
}

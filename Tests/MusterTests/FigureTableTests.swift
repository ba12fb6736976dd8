import ArgumentParser
import Fleet
import Testing

@testable import muster

@Suite struct FigureTableTests {
    private static let now = Instant(milliseconds: 1_795_000_000_000)

    private static var view: FiguresView {
        var lyon = FiguresView.HostFigures(host: "lyon-1", connected: true)
        lyon.readAt = Instant(milliseconds: now.milliseconds - 7_000)
        (lyon.cpu, lyon.processors, lyon.load) = (1.256, 2, 0.5)
        (lyon.memoryUsed, lyon.memory) = (3 * 1024 * 1024 * 1024, 4 * 1024 * 1024 * 1024)
        (lyon.diskUsed, lyon.disk) = (95e9, 100e9)
        let ulm = FiguresView.HostFigures(host: "ulm-1", connected: false)
        func replica(_ deployment: String, _ host: String, cpu: Double?, rate: Double?) -> FiguresView.ReplicaFigures {
            var replica = FiguresView.ReplicaFigures(host: host, deployment: deployment)
            replica.readAt = Instant(milliseconds: now.milliseconds - 90_000)
            (replica.cpu, replica.requestRate, replica.memory) = (cpu, rate, 1024 * 1024)
            (replica.requests, replica.errorRate) = (rate.map { $0 * 1000 }, 0)
            replica.latency = rate.map { $0 > 10 ? 0.002 : 0.0005 }
            return replica
        }
        return FiguresView(
            at: now,
            hosts: [lyon, ulm],
            replicas: [
                replica("fraud", "lyon-1", cpu: 0.1, rate: 5), replica("wine", "lyon-1", cpu: 0.5, rate: 30),
                replica("wine", "ulm-1", cpu: nil, rate: 10),
            ]
        )
    }

    @Test func hosts() {
        let table = FigureTable(view: Self.view, order: .name, isWide: true)
        #expect(
            table.hostText(.none) == """
                HOST    CPU   CPU%  MEMORY   MEM%  DISK%  LOAD  AGE    STATUS       CPUS  OF       DISK
                lyon-1  1.26  63%   3.0 GiB  75%   95%    0.50  7s     connected    2     4.0 GiB  93.1 GiB
                ulm-1   -     -     -        -     -      -     never  unreachable  -     -        -
                """
        )
    }

    @Test func replicasByCPUThoseWithoutLast() {
        let table = FigureTable(view: Self.view, order: .cpu, isWide: false)
        #expect(
            table.replicaText(.none) == """
                DEPLOYMENT  HOST    CPU   MEMORY   REQ/S  ERR/S  LATENCY  IN-FLIGHT  AGE
                wine        lyon-1  0.50  1.0 MiB  30.0   0.0    2.0ms    -          1m
                fraud       lyon-1  0.10  1.0 MiB  5.0    0.0    500µs    -          1m
                wine        ulm-1   -     1.0 MiB  10.0   0.0    500µs    -          1m
                """
        )
    }

    @Test func deploymentsAreTheSumOfTheirReplicas() {
        let table = FigureTable(view: Self.view, order: .requests, isWide: true)
        #expect(
            table.deploymentText(.none) == """
                DEPLOYMENT  REPLICAS  CPU   MEMORY   REQ/S  ERR/S  LATENCY  IN-FLIGHT  AGE  REQUESTS
                wine        2         0.50  2.0 MiB  40.0   0.0    1.6ms    -          1m   40000
                fraud       1         0.10  1.0 MiB  5.0    0.0    500µs    -          1m   5000
                """
        )
    }

    @Test func nothingIsSaidInWords() {
        let table = FigureTable(
            view: FiguresView(at: Self.now, hosts: [], replicas: []),
            order: .memory,
            isWide: false
        )
        #expect(table.hostText(.none) == "no hosts")
        #expect(table.replicaText(.none) == "no replicas")
        #expect(table.deploymentText(.none) == "no deployments with replicas")
    }

    @Test func hostsHaveNoRequestsToSortBy() throws {
        #expect(throws: (any Error).self) { try TopCommand.parse(["hosts", "--sort", "requests"]) }
        let command = try TopCommand.parse(["replicas", "--sort", "requests", "-o", "wide", "-w"])
        #expect(command.subject == .replicas)
        #expect(command.isWatching)
    }
}

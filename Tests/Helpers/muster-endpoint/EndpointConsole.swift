import DaemonKit
import FleetAgent
import Glibc
import Logging

/// The agent's switch on standard input and output, for tests and benchmarks that drive it inside a network namespace:
///
///     muster-endpoint FILE LOW-HIGH
///
/// A line in (`open 8080 18001`, `adopt 8080 18001`, `close 8080`, `forget 8080`, `connections 18001`, `cut 18001`, `current`,
/// `trouble`) is a line out: `ok MILLISECONDS ANSWER` or `error MESSAGE`. The first line out says that the table is there. A private
/// port that stands for a place in a container is written `18001@10.88.0.5:8080`.
@main enum EndpointConsole {
    static func main() async {
        guard CommandLine.arguments.count == 3, let ports = PrivatePorts(CommandLine.arguments[2]) else {
            return say("error usage: muster-endpoint FILE LOW-HIGH")
        }
        let logger = LogSettings().bootstrap(label: "muster-endpoint")
        do {
            let nftables = try NftablesSwitch(
                hiding: ports,
                file: EndpointFile(path: CommandLine.arguments[1]),
                logger: logger
            )
            say("ok 0 ready")
            await withDiscardingTaskGroup { tasks in
                tasks.addTask { await nftables.run(time: .system) }
                while let line = readLine() {
                    let clock = ContinuousClock()
                    let began = clock.now
                    do {
                        let answer = try await answer(to: line.split(separator: " ").map(String.init), nftables)
                        say("ok \((clock.now - began) / .milliseconds(1)) \(answer)")
                    } catch {
                        say("error \(error)")
                    }
                }
                tasks.cancelAll()
            }
        } catch {
            say("error \(error)")
        }
    }

    private static func answer(to words: [String], _ nftables: NftablesSwitch) async throws -> String {
        let ports = words.dropFirst().compactMap(target)
        switch (words.first, ports.count) {
        case ("open", 2): try await nftables.open(ports[0].port, to: ports[1], takingOver: false)
        case ("adopt", 2): try await nftables.open(ports[0].port, to: ports[1], takingOver: true)
        case ("close", 1): try await nftables.close(ports[0].port)
        case ("forget", 1): try await nftables.forget(ports[0].port)
        case ("connections", 1): return "\(try await nftables.connections(to: ports[0]))"
        case ("cut", 1): return "\(try await nftables.cut(ports[0]))"
        case ("current", 0):
            return try await nftables.current().sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value.map { "\($0)" } ?? "reject")" }.joined(separator: " ")
        case ("trouble", 0): return nftables.trouble ?? "none"
        default: return "what?"
        }
        return ""
    }

    private static func target(_ word: String) -> EndpointTarget? {
        let parts = word.split(separator: "@")
        return parts.first.flatMap { UInt16($0) }.map { port in
            EndpointTarget(port: port, place: parts.dropFirst().first.flatMap { ContainerPlace($0) })
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}

import ArgumentParser
import DaemonKit
import Fleet
import FleetSecurity
import FoundationEssentials
import NIOCore
import RPCTransport

/// `muster-swarm enroll`: one host a token.
struct SwarmEnroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Enrol a simulated host with each token of a file, and keep their identities."
    )

    @OptionGroup var connection: SwarmConnection

    @Option(
        help: ArgumentHelp(
            "Tokens, one a line, as `muster host token create --count N` prints them.",
            valueName: "file"
        )
    )
    var tokens: String

    @Option(help: ArgumentHelp("Where the identities are kept.", valueName: "directory"))
    var out: String

    @Option(help: "The hosts are called PREFIX-000001 and so on.")
    var prefix = "swarm"

    mutating func run() async throws {
        let logger = connection.logger()
        let directory = try IdentityDirectory(creating: out)
        let present = try directory.identities()
        let words = try String(decoding: Data(contentsOf: URL(filePath: tokens)), as: UTF8.self)
            .split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        let used = Set(present.map(\.tokenID))
        let fresh = try words.map { try EnrolmentToken.parse(String($0)) }.filter { !used.contains($0.id) }
        try OpenFiles.allow(connections: connection.dials)
        let enrolment = SwarmEnrolment(target: try connection.target(), logger: logger)

        let started = NIODeadline.now()
        let result = try await enroll(fresh, after: present, with: enrolment, into: directory)
        let seconds = Double((NIODeadline.now() - started).nanoseconds) / 1e9
        let failed = result.reasons.values.reduce(0, +)
        try SwarmReport.write(
            EnrolmentReport(
                enrolled: fresh.count - failed,
                present: present.count,
                failed: failed,
                reasons: result.reasons,
                seconds: seconds,
                enrolmentsPerSecond: seconds > 0 ? Double(fresh.count - failed) / seconds : 0,
                latency: LatencySummary(result.latency)
            )
        )
        if failed > 0 { throw ExitCode.failure }
    }

    private func enroll(
        _ tokens: [EnrolmentToken],
        after present: [SwarmIdentity],
        with enrolment: SwarmEnrolment,
        into directory: IdentityDirectory
    ) async throws -> (latency: LatencyHistogram, reasons: [String: Int]) {
        var latency = LatencyHistogram()
        var reasons: [String: Int] = [:]
        var names = Self.names(prefix, taken: Set(present.map(\.name))).makeIterator()
        func count(_ outcome: Result<Int64, SwarmError>) {
            switch outcome {
            case .success(let nanoseconds): latency.record(nanoseconds: nanoseconds)
            case .failure(let error): reasons[error.message, default: 0] += 1
            }
        }
        await withTaskGroup(of: Result<Int64, SwarmError>.self) { group in
            for (index, token) in tokens.enumerated() {
                if index >= connection.dials, let outcome = await group.next() { count(outcome) }
                let name = names.next() ?? prefix
                group.addTask { await Self.enroll(token, name: name, with: enrolment, into: directory) }
            }
            for await outcome in group { count(outcome) }
        }
        return (latency, reasons)
    }

    private static func enroll(
        _ token: EnrolmentToken,
        name: String,
        with enrolment: SwarmEnrolment,
        into directory: IdentityDirectory
    ) async -> Result<Int64, SwarmError> {
        let started = NIODeadline.now()
        do {
            let (identity, authority) = try await retrying { try await enrolment.enroll(token, name: name) }
            let nanoseconds = (NIODeadline.now() - started).nanoseconds
            try directory.keep(authority: authority)
            try directory.keep(identity)
            return .success(nanoseconds)
        } catch {
            return .failure(SwarmError("\(error)"))
        }
    }

    /// Once more after a pause, up to ten times, when the controller asks for patience.
    private static func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        for pause in 1...10 {
            do {
                return try await attempt()
            } catch let status as RPCStatus where status.code == .resourceExhausted {
                try await TimeSource.system.sleep(Span(milliseconds: Int64(pause) * 200))
            }
        }
        return try await attempt()
    }

    private static func names(_ prefix: String, taken: Set<String>) -> some Sequence<String> {
        (1...).lazy.map { number in
            let digits = String(number)
            return "\(prefix)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
        }.filter { !taken.contains($0) }
    }
}

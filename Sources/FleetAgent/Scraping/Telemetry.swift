import DaemonKit
import Fleet
import FleetMetrics
import FleetProtocol
import Logging
import SessionLifecycle

/// Reads figures every so often and brings them to the controller; what cannot be brought waits on the disk.
///
/// One loop, and nothing of it in memory between two turns but the spool's table: the control connection never waits for
/// it. The oldest goes first, so that the controller sees counters in their order; each turn carries a bounded part of
/// what waits.
struct Telemetry: Sendable {
    /// Bytes that one turn carries of what waits.
    private static let backlog = 512 << 10

    private let settings: TelemetrySettings
    private let scraper: FigureScraper
    private let directory: String
    private let disk: any AgentDisk
    private let uplink: TelemetryUplink
    private let time: TimeSource
    private let random: RandomSource
    private let logger: Logger

    init(
        settings: TelemetrySettings,
        scraper: FigureScraper,
        directory: String,
        disk: any AgentDisk = SystemDisk(),
        uplink: TelemetryUplink,
        time: TimeSource = .system,
        random: RandomSource = .system,
        logger: Logger
    ) {
        self.settings = settings
        self.scraper = scraper
        self.directory = directory
        self.disk = disk
        self.uplink = uplink
        self.time = time
        self.random = random
        self.logger = logger
    }

    /// What the loop remembers.
    private struct State {
        var spool: TelemetrySpool
        var backoff = ReconnectBackoff()
        /// Nothing is sent before.
        var notBefore = Span.seconds(0)
        var toldDropped: UInt64 = 0
    }

    /// Runs until its task is cancelled.
    func run() async {
        var state = State(spool: TelemetrySpool(directory: directory, disk: disk, quota: settings.quota))
        // A fleet that was started at once is not read at once.
        var next = time.elapsed() + settings.interval.scaled(by: chance())
        while (try? await time.sleep(max(.seconds(0), next - time.elapsed()))) != nil {
            next = max(next + settings.interval, time.elapsed())
            await turn(&state)
            // It needs the most code of what an idle agent does, and nothing of it until the next time.
            CodePages.release()
        }
    }

    private func turn(_ state: inout State) async {
        let records = await scraper.scrape()
        guard !Task.isCancelled else { return }
        let batches = WireTelemetryBatch.batches(
            of: records,
            dropped: state.spool.dropped,
            limit: FleetLimits.telemetryBytes
        )
        let isTried = uplink.isReachable && time.elapsed() >= state.notBefore
        if isTried, state.spool.isEmpty {
            guard await !carry(batches, &state) else { return }
        }
        for batch in batches { state.spool.append(batch) }
        if isTried, time.elapsed() >= state.notBefore { await carryBacklog(&state) }
        tellDropped(&state)
    }

    private func carryBacklog(_ state: inout State) async {
        var left = Self.backlog
        while left > 0, !Task.isCancelled {
            let batches = state.spool.oldest(upTo: min(left, Self.backlog / 4))
            guard !batches.isEmpty, await carry(batches, &state) else { return }
            state.spool.sent(batches.count)
            left -= batches.reduce(0) { $0 + $1.count }
        }
    }

    /// Whether the controller has them now.
    private func carry(_ batches: [[UInt8]], _ state: inout State) async -> Bool {
        do {
            let shed = try await uplink.carry(batches)
            if shed > 0 { logger.debug("the controller has shed figures", metadata: ["batches": "\(shed)"]) }
            state.backoff.sessionEnded(after: ReconnectBackoff.lasting)
            return true
        } catch {
            state.notBefore = time.elapsed() + state.backoff.attemptFailed(random: chance())
            logger.debug("figures not sent; they wait on the disk", metadata: ["why": "\(error)"])
            return false
        }
    }

    private func tellDropped(_ state: inout State) {
        guard state.spool.dropped > state.toldDropped else { return }
        // Once, and then whenever ten times as many are gone.
        if state.spool.dropped >= state.toldDropped * 10 {
            logger.notice("figures dropped", metadata: ["batches": "\(state.spool.dropped)"])
            state.toldDropped = state.spool.dropped
        }
    }

    /// Uniform in 0 ..< 1.
    private func chance() -> Double {
        var random = random
        return Double.random(in: 0..<1, using: &random)
    }
}

extension Span {
    fileprivate static func + (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds + right.milliseconds)
    }
    fileprivate static func - (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds - right.milliseconds)
    }
    fileprivate func scaled(by factor: Double) -> Span { Span(milliseconds: Int64(Double(milliseconds) * factor)) }
}

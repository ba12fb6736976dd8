import DaemonKit
import Fleet
import FleetMetrics
import Logging
import NIOCore
import ShimProtocol

/// Reads the figures of the host and of every ready replica, once.
struct FigureScraper: Sendable {
    /// How long a model server may take to show its metrics.
    private static let timeout = TimeAmount.seconds(5)
    /// Model servers that are asked at once: each answer may be as long as `HTTPProbe.bodyLimit`.
    private static let width = 4

    let targets: ScrapeTargets
    /// The process that the host reports as a deployment's replica.
    let reported: @Sendable (_ deployment: String) -> Int32?
    let http: HTTPProbe
    /// A path on the file system that counts for the host.
    let directory: String
    let time: TimeSource
    let logger: Logger

    /// What there is to be read now. A server that does not answer costs its own figures alone.
    func scrape() async -> [FigureRecord] {
        let host = FigureRecord(
            at: time.now(),
            deployment: nil,
            instance: HostSystem.boot,
            values: HostFigures.read(directory: directory)
        )
        let replicas = await withTaskGroup(of: FigureRecord.self) { group in
            var records: [FigureRecord] = []
            for (index, (key, target)) in chosen.enumerated() {
                if index >= Self.width, let record = await group.next() { records.append(record) }
                group.addTask { await read(target, key: key) }
            }
            for await record in group { records.append(record) }
            return records
        }
        return [host] + replicas.filter { !$0.values.isEmpty }.sorted { ($0.deployment ?? "") < ($1.deployment ?? "") }
    }

    /// One replica a deployment: while a new revision is proven beside the old one, the one that the host reports.
    private var chosen: [(key: String, target: ScrapeTarget)] {
        Dictionary(grouping: targets.all, by: \.value.deployment).compactMap { deployment, replicas in
            let pid = replicas.count > 1 ? reported(deployment) : nil
            let one = replicas.first { $0.value.process.pid == pid } ?? replicas.min { $0.key < $1.key }
            return one.map { ($0.key, $0.value) }
        }
    }

    private func read(_ target: ScrapeTarget, key: String) async -> FigureRecord {
        var values = await metrics(of: target, key: key)
        values.merge(ProcessFigures.read(target.process)) { _, own in own }
        return FigureRecord(
            at: time.now(),
            deployment: target.deployment,
            instance: target.instance,
            values: values
        )
    }

    private func metrics(of target: ScrapeTarget, key: String) async -> [Figure: Double] {
        guard let place = target.metrics else { return [:] }
        let reading: FigureReading
        do {
            let answer = try await http.ask(
                at: place.address,
                port: place.port,
                path: place.path,
                timeout: Self.timeout
            )
            guard answer.status == 200 else { throw AgentError(.start, "it answers \(answer.status), not 200") }
            reading = FigureReading(answer.body.span, profile: place.profile)
        } catch {
            if !(error is CancellationError), targets.note(key, isSilent: true) {
                logger.notice(
                    "metrics not read",
                    metadata: [
                        "deployment": "\(target.deployment)", "port": "\(place.port)", "path": "\(place.path)",
                        "why": "\(error)",
                    ]
                )
            }
            return [:]
        }
        if targets.note(key, isSilent: false) {
            logger.info("metrics read again", metadata: ["deployment": "\(target.deployment)"])
        }
        if let problem = reading.summary.problems.first {
            logger.debug(
                "metrics have bad lines",
                metadata: ["lines": "\(reading.summary.badLines)", "first": "\(problem)"]
            )
        }
        return reading.values
    }
}

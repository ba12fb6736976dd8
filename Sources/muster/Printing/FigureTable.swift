import ArgumentParser
import Fleet

/// The tables of `muster top`.
struct FigureTable {
    /// What comes first.
    enum Order: String, ExpressibleByArgument, CaseIterable {
        case name, cpu, memory, requests
    }

    /// Figures older than this are marked.
    private static let old = Span.seconds(60)

    let hosts: [FiguresView.HostFigures]
    let replicas: [FiguresView.ReplicaFigures]
    let deployments: [DeploymentFigures]
    private let now: Instant
    private let isWide: Bool

    /// The tables of a view, in an order.
    init(view: FiguresView, order: Order, isWide: Bool) {
        now = view.at
        self.isWide = isWide
        let groups = Dictionary(grouping: view.replicas, by: \.deployment).sorted { $0.key < $1.key }
        let deployments = groups.map { DeploymentFigures(deployment: $0.key, replicas: $0.value) }
        switch order {
        case .name:
            (hosts, replicas, self.deployments) = (view.hosts, view.replicas, deployments)
        case .cpu:
            hosts = Self.most(view.hosts, \.cpu)
            replicas = Self.most(view.replicas, \.cpu)
            self.deployments = Self.most(deployments, \.cpu)
        case .memory:
            hosts = Self.most(view.hosts, \.memoryUsed)
            replicas = Self.most(view.replicas, \.memory)
            self.deployments = Self.most(deployments, \.memory)
        case .requests:
            hosts = view.hosts
            replicas = Self.most(view.replicas, \.requestRate)
            self.deployments = Self.most(deployments, \.requestRate)
        }
    }

    /// The most first, those without the figure last; the rest as it was.
    private static func most<Item>(_ items: [Item], _ figure: (Item) -> Double?) -> [Item] {
        items.enumerated().sorted { left, right in
            let (first, second) = (figure(left.element) ?? -1, figure(right.element) ?? -1)
            return first == second ? left.offset < right.offset : first > second
        }.map(\.element)
    }

    func hostText(_ style: TextStyle) -> String {
        guard !hosts.isEmpty else { return "no hosts" }
        let rows = hosts.map { host -> [TextTable.Cell] in
            let name = TextTable.Cell(host.host, host.connected ? .plain : .bad)
            let row: [TextTable.Cell] = [
                name, .init(Self.cores(host.cpu)), Self.share(host.cpu, of: host.processors),
                .init(Self.bytes(host.memoryUsed)), Self.share(host.memoryUsed, of: host.memory),
                Self.share(host.diskUsed, of: host.disk), .init(host.load.map { Self.decimal($0, 2) } ?? ""),
                age(host.readAt),
            ]
            let wide: [TextTable.Cell] = [
                .init(host.connected ? "connected" : "unreachable", host.connected ? .good : .bad),
                .init(host.processors.map { Self.decimal($0, 0) } ?? ""), .init(Self.bytes(host.memory)),
                .init(Self.bytes(host.disk)),
            ]
            return isWide ? row + wide : row
        }
        return text(
            ["HOST", "CPU", "CPU%", "MEMORY", "MEM%", "DISK%", "LOAD", "AGE"],
            ["STATUS", "CPUS", "OF", "DISK"],
            rows,
            style
        )
    }

    func replicaText(_ style: TextStyle) -> String {
        guard !replicas.isEmpty else { return "no replicas" }
        let rows = replicas.map { replica -> [TextTable.Cell] in
            let names: [TextTable.Cell] = [.init(replica.deployment), .init(replica.host)]
            let figures = work(
                replica.cpu,
                replica.memory,
                replica.requestRate,
                replica.errorRate,
                replica.latency,
                replica.inFlight
            )
            return names + figures + [age(replica.readAt)] + (isWide ? [.init(Self.count(replica.requests))] : [])
        }
        return text(["DEPLOYMENT", "HOST"] + Self.workTitles, ["REQUESTS"], rows, style)
    }

    func deploymentText(_ style: TextStyle) -> String {
        guard !deployments.isEmpty else { return "no deployments with replicas" }
        let rows = deployments.map { deployment -> [TextTable.Cell] in
            let names: [TextTable.Cell] = [.init(deployment.deployment), .init("\(deployment.replicas)")]
            let figures = work(
                deployment.cpu,
                deployment.memory,
                deployment.requestRate,
                deployment.errorRate,
                deployment.latency,
                deployment.inFlight
            )
            let wide: [TextTable.Cell] = isWide ? [.init(Self.count(deployment.requests))] : []
            return names + figures + [age(deployment.readAt)] + wide
        }
        return text(["DEPLOYMENT", "REPLICAS"] + Self.workTitles, ["REQUESTS"], rows, style)
    }

    private static let workTitles = ["CPU", "MEMORY", "REQ/S", "ERR/S", "LATENCY", "IN-FLIGHT", "AGE"]

    private func work(
        _ cpu: Double?,
        _ memory: Double?,
        _ requests: Double?,
        _ errors: Double?,
        _ latency: Double?,
        _ inFlight: Double?
    ) -> [TextTable.Cell] {
        [
            .init(Self.cores(cpu)), .init(Self.bytes(memory)), .init(requests.map { Self.decimal($0, 1) } ?? ""),
            .init(errors.map { Self.decimal($0, 1) } ?? "", errors ?? 0 > 0 ? .bad : .plain),
            .init(latency.map(Self.duration) ?? ""), .init(Self.count(inFlight)),
        ]
    }

    private func text(
        _ titles: [String],
        _ wide: [String],
        _ rows: [[TextTable.Cell]],
        _ style: TextStyle
    ) -> String {
        TextTable(titles: isWide ? titles + wide : titles, rows: rows).text(style: style)
    }

    private func age(_ instant: Instant?) -> TextTable.Cell {
        guard let instant else { return .init("never", .busy) }
        return .init(Measure.age(of: instant, now: now), now - instant > Self.old ? .busy : .plain)
    }

    private static func cores(_ value: Double?) -> String { value.map { decimal($0, 2) } ?? "" }

    private static func bytes(_ value: Double?) -> String { value.map { Measure.bytes(Int64(max(0, $0))) } ?? "" }

    private static func count(_ value: Double?) -> String { value.map { decimal($0, 0) } ?? "" }

    private static func share(_ part: Double?, of whole: Double?) -> TextTable.Cell {
        guard let part, let whole, whole > 0 else { return "" }
        let percent = 100 * part / whole
        return .init("\(decimal(percent, 0))%", percent >= 90 ? .busy : .plain)
    }

    /// `850µs`, `12.3ms`, `1.20s`.
    private static func duration(_ seconds: Double) -> String {
        if seconds < 0.001 { return "\(decimal(seconds * 1e6, 0))µs" }
        return seconds < 1 ? "\(decimal(seconds * 1000, 1))ms" : "\(decimal(seconds, 2))s"
    }

    /// So many digits after the point.
    private static func decimal(_ value: Double, _ digits: Int) -> String {
        let scale = [1, 10, 100][digits]
        let scaled = (value * Double(scale)).rounded()
        guard scaled.magnitude < 1e15 else { return "\(value)" }
        let whole = Int64(scaled)
        guard digits > 0 else { return "\(whole)" }
        let rest = "\(whole.magnitude % UInt64(scale))"
        let sign = whole < 0 ? "-" : ""
        return "\(sign)\(whole.magnitude / UInt64(scale))." + String(repeating: "0", count: digits - rest.count) + rest
    }
}

import Fleet
import FleetManifest

extension DeploymentView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (
            ["NAME", "MODEL", "WRITTEN", "WANTED", "HOSTS", "STATUS", "AGE"],
            ["RUNTIME", "SELECTOR", "ENDPOINT", "HOLDS", "LABELS"]
        )
    }
    static var type: ObjectType { .deployment }
    var printedName: String { deployment.name }
    var manifest: Manifest? { .deployment(deployment) }
    var whys: [Explanation] { explanations }

    /// Hosts that serve what is wanted, proven.
    private var settledHosts: Int {
        hosts.filter { host in
            host.assigned && wanted != nil && host.serving?.digest == wanted?.digest
                && (host.state == .verified || host.state == .reverted)
        }.count
    }

    private var assignedHosts: Int { hosts.filter(\.assigned).count }

    private var status: TextTable.Cell {
        if removing { return .init("removing", .busy) }
        if let rollout, !rollout.state.isTerminal { return .init(rollout.state.rawValue, rollout.state.tone) }
        let isHeld = holds.contains { $0.hold.revision.written == written.written }
        if settledHosts < assignedHosts { return .init("waiting", .busy) }
        if isHeld { return .init("held", .bad) }
        if assignedHosts == 0 { return .init("no hosts", .busy) }
        // After an abort or a lifted hold what runs is not what is written, and nothing moves by itself.
        if let wanted, wanted.written != written.written { return .init("spec not rolled out", .busy) }
        return explanations.isEmpty ? .init("converged", .good) : .init("see explain", .busy)
    }

    func cells(now: Instant) -> [TextTable.Cell] {
        let scope = deployment.scope
        return [
            .init(deployment.name), .init(deployment.content.model), .init(deployment.content.version),
            .init(wanted?.version ?? ""), .init("\(settledHosts)/\(assignedHosts)"), status,
            .init(Measure.age(of: createdAt, now: now)), .init(deployment.content.runtime), .init(scope.hosts.text),
            .init(scope.endpoint.map { "\($0.port)→\($0.to)" } ?? ""), .init(holds.isEmpty ? "" : "\(holds.count)"),
            .init(Measure.labels(deployment.labels)),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String {
        var text = DescriptionText()
        text.add("Name", deployment.name)
        text.add("Uid", uid)
        text.add("Labels", Measure.labels(deployment.labels))
        text.add("Status", status.text, status.tone)
        text.add("Written", written.title)
        text.add("Wanted", wanted?.title ?? "nothing")
        text.add("Runtime", deployment.content.runtime)
        text.add("Selector", deployment.scope.hosts.text.isEmpty ? "every host" : deployment.scope.hosts.text)
        text.add("Endpoint", deployment.scope.endpoint.map { "\($0.port) → \($0.to)" })
        let policy = deployment.policy
        text.add("Stable for", "\(policy.rolloutStableFor) (rollback \(policy.rollbackStableFor))")
        text.add("Created", Measure.point(createdAt, now: now))
        if let rollout {
            text.add("Rollout", "\(rollout.state.rawValue): \(rollout.reason)", rollout.state.tone)
        }
        let held = holds.map { hold in
            "  \(hold.hold.id)  \(hold.revision.title), by \(hold.hold.actor) at \(hold.hold.since): \(hold.hold.reason)"
        }
        text.add(section: "Holds", held.joined(separator: "\n"))
        text.add(section: "Hosts", HostStandings.table(hosts, style: style, now: now, indentation: 2))
        text.add(
            section: "Not where it should be",
            ExplanationPrinter.text(explanations, style: style, now: now, indentation: 2)
        )
        return text.text(style: style)
    }

    /// What `explain` says when nothing is wrong.
    var allIsWell: String {
        let title = wanted.map(\.title) ?? "nothing"
        return "deployment/\(deployment.name) is where it should be: "
            + "\(settledHosts) of \(assignedHosts) hosts serve \(title), verified"
    }
}

import Fleet
import FleetManifest

extension DeploymentView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (
            ["NAME", "MODEL", "WRITTEN", "WANTED", "HOSTS", "ROLLBACK", "STATUS", "AGE"],
            ["RUNTIME", "SELECTOR", "ENDPOINT", "HOLDS", "LABELS"]
        )
    }
    static var type: ObjectType { .deployment }
    var printedName: String { deployment.name }
    var manifest: Manifest? { .deployment(deployment) }

    /// What the controller says, and hosts that were verified and are not well any more.
    var whys: [Explanation] {
        explanations
            + hosts.compactMap { host in
                guard host.assigned, host.connected, host.state == .verified, let reason = host.reason,
                    !explanations.contains(where: { $0.why.hasPrefix("\(host.host) ") })
                else { return nil }
                return Explanation(
                    why: "\(host.host) was verified, but: \(reason)",
                    since: host.since,
                    who: "host \(host.host)",
                    next: "muster describe host \(host.host)"
                )
            }
            + hosts.filter(\.assigned).compactMap { host in
                host.rollback?.why(host: host.host, deployment: deployment.name, since: host.since)
            }
    }

    private var status: TextTable.Cell {
        if explanations.contains(where: \.isFrozen) { return .init("frozen", .bad) }
        if explanations.contains(where: \.isUnwritable) { return .init("store not writable", .bad) }
        if removing { return .init("removing", .busy) }
        if let rollout, !rollout.state.isTerminal { return .init(rollout.state.rawValue, rollout.state.tone) }
        let held = holds.filter { $0.hold.revision.written == written.written }
        let isHeld = held.contains { $0.hosts == nil }
        if counts.settled < counts.assigned { return .init("waiting", .busy) }
        if isHeld { return .init("held", .bad) }
        if let count = held.compactMap(\.hosts?.count).max() {
            return .init("held on \(RollbackPrinter.count(count, "host"))", .bad)
        }
        if counts.assigned == 0 { return .init("no hosts", .busy) }
        // After an abort or a lifted hold what runs is not what is written, and nothing moves by itself.
        if let wanted, wanted.written != written.written { return .init("spec not rolled out", .busy) }
        return whys.isEmpty ? .init("converged", .good) : .init("see explain", .busy)
    }

    /// How many of the hosts that serve something could go back now.
    private var rollback: TextTable.Cell {
        guard counts.ready + counts.unready > 0 else { return .init("") }
        return .init("\(counts.ready)/\(counts.serving) ready", counts.ready == counts.serving ? .good : .busy)
    }

    func cells(now: Instant) -> [TextTable.Cell] {
        let scope = deployment.scope
        return [
            .init(deployment.name), .init(deployment.content.model), .init(deployment.content.version),
            .init(wanted?.version ?? ""), .init("\(counts.settled)/\(counts.assigned)"), rollback, status,
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
        text.add("Resources", deployment.content.resources?.description)
        text.add("Selector", deployment.scope.hosts.text.isEmpty ? "every host" : deployment.scope.hosts.text)
        text.add("Endpoint", deployment.scope.endpoint.map { "\($0.port) → \($0.to)" })
        deployment.policy.describe(in: &text)
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
            ExplanationPrinter.text(
                whys,
                style: style,
                now: now,
                indentation: 2,
                all: "muster explain deployment/\(deployment.name) --all"
            )
        )
        return text.text(style: style)
    }

    /// What `explain` says when nothing has a reason.
    var standing: TextTable.Cell {
        let count = "\(counts.settled) of \(counts.assigned) hosts serve \(wanted?.title ?? "nothing"), verified"
        let isThere = counts.settled == counts.assigned && !removing
        let start = "deployment/\(deployment.name) is \(isThere ? "where it should be" : "on its way")"
        return .init("\(start): \(count)", isThere ? .good : .busy)
    }
}

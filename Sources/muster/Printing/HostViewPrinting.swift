import Fleet

extension HostView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (
            ["NAME", "STATUS", "LABELS", "REPLICAS", "SEEN"],
            ["ADDRESS", "USER", "AGENT", "KERNEL", "CPUS", "MEMORY", "ROLLBACK", "ID"]
        )
    }
    static var type: ObjectType { .host }
    var printedName: String { host.name }
    var whys: [Explanation] {
        explanations + (session.map { [$0] } ?? []) + (report?.replicas ?? []).compactMap(why) + unready
    }

    private var unready: [Explanation] {
        (report?.replicas ?? []).compactMap { replica in
            replica.rollback?.why(host: host.name, deployment: replica.name, since: replica.since)
        }
    }

    /// Why nothing is heard of it, when the controller says nothing more.
    private var session: Explanation? {
        guard explanations.allSatisfy(\.isFrozen), !connected || host.isRevoked else { return nil }
        return Explanation(
            why: host.isRevoked
                ? "host/\(host.name) is revoked: it may not connect"
                : "host/\(host.name) has no session with the controller",
            since: lastSeen,
            who: host.isRevoked ? "you: enrol it anew" : "whoever can reach \(host.name): muster-agent must run there"
        )
    }

    private func why(_ replica: ReplicaReport) -> Explanation? {
        guard let reason = replica.trouble else { return nil }
        return Explanation(
            why: "deployment/\(replica.name) was verified, but: \(reason)",
            since: replica.since,
            who: "host \(host.name)",
            next: "muster explain deployment/\(replica.name)"
        )
    }

    private var status: TextTable.Cell {
        HostStatus(
            isRevoked: host.isRevoked,
            isConnected: connected,
            isFrozen: explanations.contains(where: \.isFrozen),
            isQuarantined: explanations.contains(where: \.isQuarantine),
            isCordoned: host.cordon != nil,
            hasWarnings: !warnings.isEmpty
        ).cell
    }

    private var replicas: String {
        guard let report else { return "" }
        return "\(report.serving)/\(report.replicas.count)"
    }

    /// How many of the deployments that could go back are ready to.
    private var rollback: TextTable.Cell {
        let ways = (report?.replicas ?? []).compactMap(\.rollback).filter { $0.state != .none }
        guard !ways.isEmpty else { return .init("") }
        let ready = ways.count { $0.state == .ready }
        return .init("\(ready)/\(ways.count) ready", ready == ways.count ? .good : .busy)
    }

    func cells(now: Instant) -> [TextTable.Cell] {
        let facts = report?.facts
        return [
            .init(host.name), status, .init(Measure.labels(host.labels)), .init(replicas),
            .init(Measure.age(of: lastSeen, now: now)), .init(facts?.address ?? ""), .init(facts?.user ?? ""),
            .init(facts?.agentVersion ?? ""), .init(facts?.kernel ?? ""),
            .init(facts.map { "\($0.processors)" } ?? ""), .init(facts.map { Measure.bytes($0.memory) } ?? ""),
            rollback, .init(host.id),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String {
        var text = DescriptionText()
        text.add("Name", host.name)
        text.add("Id", host.id)
        text.add("Status", status.text, status.tone)
        if let cordon = host.cordon {
            let since = Measure.point(cordon.since, now: now)
            text.add("Cordoned", "by \(cordon.actor), \(since): \(cordon.reason)", .busy)
        }
        for adoption in host.adoptedPorts ?? [] {
            let reason = adoption.reason.map { ": \($0)" } ?? ""
            let since = Measure.point(adoption.since, now: now)
            text.add("Takes over", "port \(adoption.port), granted by \(adoption.actor), \(since)\(reason)")
        }
        text.add("Labels", Measure.labels(host.labels))
        text.add("Last seen", Measure.point(lastSeen, now: now))
        text.add("Enrolled", Measure.point(host.enrolledAt, now: now))
        if let ends = certificateEnds {
            let hasEnded = ends <= now
            text.add(
                "Certificate",
                hasEnded ? "ended at \(ends): it comes back by its key" : "until \(ends)",
                hasEnded ? .busy : .plain
            )
        }
        if let facts = report?.facts {
            text.add("Address", facts.address)
            text.add("Runs as", facts.user, facts.isRoot ? .busy : .plain)
            text.add("Agent", facts.agentVersion)
            text.add("Kernel", facts.kernel)
            text.add("Processors", "\(facts.processors)")
            text.add("Memory", Measure.bytes(facts.memory))
        }
        text.add(section: "Warnings", warnings.map { "  \(style.paint($0, .busy))" }.joined(separator: "\n"))
        if let report, !report.replicas.isEmpty {
            let rows = report.replicas.map { replica -> [TextTable.Cell] in
                [
                    .init(replica.name), .init(replica.state.rawValue, replica.state.tone(reason: replica.reason)),
                    .init(replica.serving.map { "revision \($0.number)" } ?? ""),
                    .init(replica.instance.map { "\($0.pid)" } ?? ""),
                    .init(replica.instance.map { "\($0.restarts)" } ?? ""),
                    .init(Measure.age(of: replica.since, now: now)),
                    .init(replica.rollback?.state.rawValue ?? "", replica.rollback?.tone ?? .plain),
                    .init(replica.reason ?? ""),
                ]
            }
            let titles = ["DEPLOYMENT", "STATE", "SERVING", "PID", "RESTARTS", "SINCE", "ROLLBACK", "REASON"]
            text.add(section: "Replicas", TextTable(titles: titles, rows: rows).text(style: style, indentation: 2))
        }
        text.add(
            section: "Not where it should be",
            ExplanationPrinter.text(whys, style: style, now: now, indentation: 2)
        )
        return text.text(style: style)
    }
}

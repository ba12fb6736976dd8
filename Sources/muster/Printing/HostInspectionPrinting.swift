import Fleet

extension HostInspection {
    /// For people; ages are told by the host's own time.
    func text(style: TextStyle) -> String {
        var text = DescriptionText()
        text.add("Name", host)
        text.add("Host's time", "\(at)")
        text.add("Agent", "\(facts.agentVersion), started \(Measure.point(agentStartedAt, now: at))")
        text.add("Assignment", "\(assignment.epoch).\(assignment.generation)")
        text.add("Address", facts.address)
        text.add("Runs as", facts.user, facts.isRoot ? .busy : .plain)
        text.add("Kernel", facts.kernel)
        text.add(
            "Load",
            load.map { "\($0 / 100).\($0 % 100 < 10 ? "0" : "")\($0 % 100) on \(facts.processors) processors" }
        )
        text.add("Memory", memoryUsed.map { Self.part($0, of: facts.memory) })
        text.add("Disk", disk.flatMap { disk in diskUsed.map { "\(Self.part($0, of: disk)), for \(directory)" } })
        let sizes = files.sorted { $0.key < $1.key }.map { "\($0.key) \(Measure.bytes($0.value))" }
        text.add("Its files", sizes.joined(separator: ", "))
        text.add(section: "Replicas", replicaTable(style: style))
        text.add(section: "Findings", findingTable(style: style))
        return text.text(style: style)
    }

    private static func part(_ used: Int64, of all: Int64) -> String {
        "\(Measure.bytes(used)) of \(Measure.bytes(all))"
    }

    private func replicaTable(style: TextStyle) -> String {
        guard !replicas.isEmpty else { return "" }
        let rows = replicas.sorted { $0.report.name < $1.report.name }.map { replica -> [TextTable.Cell] in
            let report = replica.report
            let model = [replica.model, replica.version].compactMap(\.self).joined(separator: " ")
            return [
                .init(report.name), .init(report.state.rawValue, report.state.tone(reason: report.reason)),
                .init(Measure.age(of: report.since, now: at)),
                .init(
                    report.serving == nil
                        ? "nothing" : model.isEmpty ? "revision \(report.serving?.number ?? 0)" : model
                ),
                .init(replica.endpoint.map { "\(facts.address):\($0)" } ?? ""), .init(replica.wayBack ?? ""),
                .init(report.instance.map { "\($0.pid)" } ?? ""),
                .init(report.instance.map { "\($0.restarts)" } ?? ""),
                .init(Measure.bytes(replica.logBytes)), .init(report.reason ?? ""),
            ]
        }
        let titles = [
            "DEPLOYMENT", "STATE", "SINCE", "SERVING", "ENDPOINT", "WAY BACK", "PID", "RESTARTS", "LOG", "REASON",
        ]
        return TextTable(titles: titles, rows: rows).text(style: style, indentation: 2)
    }

    private func findingTable(style: TextStyle) -> String {
        findings.map { finding in
            let tone: TextStyle.Tone = finding.state == "ok" ? .good : finding.state == "notice" ? .busy : .bad
            let next = finding.next.map { "\n    → \($0)" } ?? ""
            return "  \(style.paint(finding.state, tone)) \(finding.name): \(finding.text)\(next)"
        }.joined(separator: "\n")
    }
}

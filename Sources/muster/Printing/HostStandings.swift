import Fleet

/// Where each host stands with one deployment.
enum HostStandings {
    static func table(
        _ hosts: [DeploymentHostView],
        style: TextStyle,
        now: Instant,
        indentation: Int = 0
    ) -> String {
        guard !hosts.isEmpty else { return String(repeating: " ", count: indentation) + "no host is selected" }
        let hasReceipts = hosts.contains { !$0.receiptText.isEmpty }
        let rows = hosts.map { host -> [TextTable.Cell] in
            var cells: [TextTable.Cell] = [
                host.connected ? .init(host.host) : .init("\(host.host) (unreachable)", .bad),
                .init(host.state.rawValue, host.state.tone(reason: host.reason)),
                .init(host.serving.map { "\($0.version) (\($0.number))" } ?? ""),
                .init(
                    [host.way.map { "\($0.version) (\($0.number))" }, host.rollback?.word].compactMap { $0 }
                        .joined(separator: " "),
                    host.rollback?.tone ?? .plain
                ),
                .init(host.instance.map { "\($0.pid)" } ?? ""),
                .init(Measure.age(of: host.since, now: now)),
            ]
            if hasReceipts { cells.append(.init(host.receiptText, host.receipt?.tone ?? .plain)) }
            cells.append(.init(host.note))
            return cells
        }
        let titles =
            ["HOST", "STATE", "SERVING", "WAY BACK", "PID", "SINCE"] + (hasReceipts ? ["RECEIPT"] : []) + ["REASON"]
        return TextTable(titles: titles, rows: rows).text(style: style, indentation: indentation)
    }
}

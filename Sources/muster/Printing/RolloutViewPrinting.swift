import Fleet

extension RolloutView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (["DEPLOYMENT", "TO", "STATE", "WAVE", "HOSTS", "SINCE"], ["ID", "REASON"])
    }
    static var type: ObjectType { .rollout }
    var printedName: String { deployment }
    var whys: [Explanation] { explanations }

    private var state: TextTable.Cell {
        let isStuck = !rollout.state.isTerminal && explanations.contains(where: \.isUnwritable)
        return isStuck
            ? .init("\(rollout.state.rawValue), not stored", .bad) : .init(rollout.state.rawValue, rollout.state.tone)
    }

    func cells(now: Instant) -> [TextTable.Cell] {
        [
            .init(deployment), .init("\(revision.version) (\(revision.number))"),
            state,
            .init("\(rollout.wave + 1)/\(max(rollout.waveEnds.count, 1))"),
            .init("\(counts[.verified])/\(rollout.size)"), .init(Measure.age(of: rollout.since, now: now)),
            .init(rollout.id), .init(rollout.reason),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String { RolloutTree.text(self, style: style, now: now) }
}

extension HoldView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (["ID", "DEPLOYMENT", "CONDEMNED", "ON", "BY", "SINCE", "REASON"], ["ROLLBACK", "CONTENT"])
    }
    static var type: ObjectType { .hold }
    var printedName: String { hold.id }

    func cells(now: Instant) -> [TextTable.Cell] {
        [
            .init(hold.id), .init(deployment), .init("\(revision.version) (\(revision.number))", .bad),
            .init(hosts.map { RollbackPrinter.count($0.count, "host") } ?? "every host"), .init(hold.actor),
            .init(Measure.age(of: hold.since, now: now)), .init(hold.reason), .init(hold.rollback ?? ""),
            .init(hold.revision.written.short),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String {
        var text = DescriptionText()
        text.add("Id", hold.id)
        text.add("Deployment", deployment)
        text.add("Condemned", revision.title, .bad)
        text.add("Content", hold.revision.written.description)
        text.add("On", hosts.map { $0.joined(separator: ", ") } ?? "every host")
        text.add("By", hold.actor)
        text.add("Since", Measure.point(hold.since, now: now))
        text.add("Reason", hold.reason)
        text.add("Rollback", hold.rollback)
        if let lifted {
            text.add("Lifted", "by \(lifted.actor) at \(Measure.point(lifted.at, now: now))", .good)
            text.add("Why", lifted.reason)
        } else {
            text.add("To lift it", "muster hold lift \(hold.id)")
        }
        return text.text(style: style)
    }
}

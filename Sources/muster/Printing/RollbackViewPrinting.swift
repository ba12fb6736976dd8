import Fleet

extension RollbackView: PrintedView {
    static var columns: (table: [String], wide: [String]) {
        (["ID", "AGE", "BY", "WHAT", "STATE", "HOSTS", "REASON"], ["TO", "STRATEGY"])
    }
    static var type: ObjectType { .rollback }
    var printedName: String { rollback.id }
    var whys: [Explanation] { explanations }

    func cells(now: Instant) -> [TextTable.Cell] {
        let hosts = rollback.hosts.map { " on \($0)" } ?? ""
        return [
            .init(rollback.id), .init(Measure.age(of: rollback.at, now: now)), .init(rollback.actor),
            .init((rollback.isDrill ? "drill of " : "") + rollback.scope.words + hosts), standing,
            .init(counts.text), .init(rollback.reason), .init(rollback.to.words), .init(rollback.strategy.rawValue),
        ]
    }

    func description(style: TextStyle, now: Instant) -> String { RollbackTree.text(self, style: style, now: now) }

    /// Where it stands, in one word.
    private var standing: TextTable.Cell {
        guard rollback.undone == nil || rollback.isDrill else { return .init("undone", .faint) }
        return .init(state.rawValue, isGood || state == .running ? state.tone : .bad)
    }
}

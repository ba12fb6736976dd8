import Fleet

/// A rollout as a tree: its waves, and in each its hosts.
enum RolloutTree {
    /// The lines; `now` gives the ages.
    static func text(_ view: RolloutView, style: TextStyle, now: Instant) -> String {
        let rollout = view.rollout
        let state = style.paint(rollout.state.rawValue, rollout.state.tone)
        let age = Measure.age(of: rollout.since, now: now)
        var lines = ["\(style.paint(view.deployment, .title)) to \(view.revision.title): \(state), \(age)"]
        if !rollout.reason.isEmpty { lines.append("  \(style.paint(rollout.reason, .faint))") }
        let waves = Set(rollout.targets.map(\.wave)).sorted()
        let width = rollout.targets.map(\.name.count).max() ?? 0
        let stateWidth = rollout.targets.map(\.state.rawValue.count).max() ?? 0
        for wave in waves {
            let isLast = wave == waves.last
            let title =
                wave > rollout.wave && !rollout.state.isTerminal ? "wave \(wave + 1), waits" : "wave \(wave + 1)"
            lines.append("\(isLast ? "└─" : "├─") \(style.paint(title, wave == rollout.wave ? .title : .faint))")
            let targets = rollout.targets.filter { $0.wave == wave }
            for (index, target) in targets.enumerated() {
                let branch = (isLast ? "   " : "│  ") + (index == targets.count - 1 ? "└─" : "├─")
                lines.append("\(branch) \(line(target, widths: (width, stateWidth), style: style, now: now))")
            }
        }
        let why = ExplanationPrinter.text(view.explanations, style: style, now: now, indentation: 2)
        if !why.isEmpty { lines.append(why) }
        return lines.joined(separator: "\n")
    }

    private static func line(
        _ target: Rollout.Target,
        widths: (name: Int, state: Int),
        style: TextStyle,
        now: Instant
    ) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        var parts = [
            padded(target.name, widths.name),
            style.paint(padded(target.state.rawValue, widths.state), target.state.tone(reason: target.reason)),
            padded(Measure.age(of: target.since, now: now), 3),
        ]
        if let unreachable = target.unreachableSince {
            parts.append(style.paint("unreachable for \(Measure.age(of: unreachable, now: now))", .bad))
        }
        if let reason = target.reason { parts.append(reason) }
        let line = parts.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}

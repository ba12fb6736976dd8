import Fleet

/// A rollout as a tree: its waves with counts, and in each the hosts that are to be shown.
struct RolloutTree {
    /// The most hosts of one wave, unless all are asked for.
    static let hostsOfAWave = 10

    private let view: RolloutView
    private let style: TextStyle
    private let now: Instant
    private let showsAll: Bool

    /// The lines; `now` gives the ages.
    ///
    /// - Parameter all: whether every host of the view has its line.
    static func text(_ view: RolloutView, style: TextStyle, now: Instant, all: Bool = false) -> String {
        let showsAll = all || view.rollout.size <= RolloutView.wholeList
        return RolloutTree(view: view, style: style, now: now, showsAll: showsAll).lines.joined(separator: "\n")
    }

    private var lines: [String] {
        var lines = head
        for wave in view.waves {
            let isLast = wave.number == view.waves.last?.number
            let title = style.paint(wave.title(of: view.rollout), wave.number == view.rollout.wave ? .title : .faint)
            lines.append("\(isLast ? "└─" : "├─") \(title): \(wave.counts.text(style: style))")
            let hosts = hosts(of: wave.number)
            for (index, host) in hosts.enumerated() {
                let branch = (isLast ? "   " : "│  ") + (index == hosts.count - 1 ? "└─" : "├─")
                lines.append("\(branch) \(host)")
            }
        }
        if view.hidden > 0 {
            let command = "muster rollout status \(view.deployment) --all"
            lines.append("  \(style.paint("\(view.hidden) hosts are only counted; for every one: \(command)", .faint))")
        }
        let why = ExplanationPrinter.text(
            view.explanations,
            style: style,
            now: now,
            indentation: 2,
            limit: showsAll ? ExplanationPrinter.most : 5,
            all: "muster explain deployment/\(view.deployment) --all"
        )
        if !why.isEmpty { lines.append(why) }
        return lines
    }

    private var head: [String] {
        let rollout = view.rollout
        let state = style.paint(rollout.state.rawValue, rollout.state.tone)
        let age = Measure.age(of: rollout.since, now: now)
        var lines = ["\(style.paint(view.deployment, .title)) to \(view.revision.title): \(state), \(age)"]
        if !rollout.reason.isEmpty { lines.append("  \(style.paint(rollout.reason, .faint))") }
        if view.waves.count > 1 {
            lines.append("  \(Self.hosts(rollout.size)): \(view.counts.text(style: style))")
        }
        if let expectation = view.expectation {
            let end =
                view.expectedEnd.map { end in
                    end - now < .seconds(1)
                        ? "may end at any moment: " : "may end at \(end) (in \(Measure.age(of: now, now: end))): "
                } ?? ""
            lines.append("  \(style.paint(end + expectation, .faint))")
        }
        return lines
    }

    /// A line for each host of a wave that is shown.
    private func hosts(of wave: Int) -> [String] {
        let targets = view.targets.filter { $0.wave == wave }
        guard !showsAll, targets.count > Self.hostsOfAWave else { return lines(of: targets) }
        // Those that somebody should look at come first.
        let shown = targets.filter(\.standing.needsAttention) + targets.filter { !$0.standing.needsAttention }
        return lines(of: Array(shown.prefix(Self.hostsOfAWave)))
            + [style.paint("… and \(targets.count - Self.hostsOfAWave) more like these", .faint)]
    }

    private func lines(of targets: [RolloutTarget]) -> [String] {
        let nameWidth = targets.map(\.name.count).max() ?? 0
        let stateWidth = targets.map(\.state.rawValue.count).max() ?? 0
        return targets.map { target in
            let state = Self.padded(target.state.rawValue, stateWidth)
            let tone = target.standing.needsAttention ? target.standing.tone : target.state.tone(reason: target.reason)
            let parts = [
                Self.padded(target.name, nameWidth), style.paint(state, tone),
                Self.padded(Measure.age(of: target.since, now: now), 3), target.note(now: now),
            ]
            let line = parts.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func hosts(_ count: Int) -> String { count == 1 ? "1 host" : "\(count) hosts" }
}

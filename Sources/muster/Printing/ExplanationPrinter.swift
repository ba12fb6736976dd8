import Fleet

/// Prints why something is not where it should be, since when, who can act, and the next command.
enum ExplanationPrinter {
    /// The most reasons of a list, unless all are asked for.
    static let most = 20

    /// - Parameters:
    ///   - limit: how many are printed.
    ///   - all: the command that prints all of them.
    static func text(
        _ explanations: [Explanation],
        style: TextStyle,
        now: Instant,
        indentation: Int = 0,
        limit: Int = ExplanationPrinter.most,
        all: String? = nil
    ) -> String {
        let margin = String(repeating: " ", count: indentation)
        let left = explanations.count - limit
        let shown = explanations.prefix(limit).map { explanation in
            var lines = ["\(margin)\(style.paint(explanation.why, .busy))"]
            if let since = explanation.since {
                lines.append("\(margin)  since  \(Measure.point(since, now: now))")
            }
            lines.append("\(margin)  who    \(explanation.who)")
            if let next = explanation.next { lines.append("\(margin)  next   \(next)") }
            return lines.joined(separator: "\n")
        }
        let rest = left > 0 ? ["\(margin)… and \(left) more\(all.map { ": \($0)" } ?? "")"] : []
        return (shown + rest).joined(separator: "\n")
    }
}

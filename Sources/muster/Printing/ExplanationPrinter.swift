import Fleet

/// Prints why something is not where it should be, since when, who can act, and the next command.
enum ExplanationPrinter {
    static func text(_ explanations: [Explanation], style: TextStyle, now: Instant, indentation: Int = 0) -> String {
        let margin = String(repeating: " ", count: indentation)
        return explanations.map { explanation in
            var lines = ["\(margin)\(style.paint(explanation.why, .busy))"]
            if let since = explanation.since {
                lines.append("\(margin)  since  \(Measure.point(since, now: now))")
            }
            lines.append("\(margin)  who    \(explanation.who)")
            if let next = explanation.next { lines.append("\(margin)  next   \(next)") }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

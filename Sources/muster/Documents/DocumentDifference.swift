/// What differs between two texts, line by line, as `diff -u` prints it.
enum DocumentDifference {
    private static let context = 3

    private struct Line {
        var sign: Character
        var text: Substring
        /// How many lines of either side stand before it.
        var before: Int
        var after: Int
    }

    /// The difference under its two names; `nil` when there is none.
    static func text(from old: String, to new: String, name: String, file: String, style: TextStyle) -> String? {
        guard old != new else { return nil }
        let lines = lines(from: split(old), to: split(new))
        let changed = lines.indices.filter { lines[$0].sign != " " }
        var hunks: [Range<Int>] = []
        for index in changed {
            let range = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = hunks.last, range.lowerBound <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
            } else {
                hunks.append(range)
            }
        }
        var text = [style.paint("--- \(name) (stored)", .faint), style.paint("+++ \(name) (\(file))", .faint)]
        for hunk in hunks {
            text.append(style.paint(head(of: lines[hunk]), .faint))
            text += lines[hunk].map { line in
                let whole = "\(line.sign)\(line.text)"
                return line.sign == " " ? whole : style.paint(whole, line.sign == "+" ? .good : .bad)
            }
        }
        return text.joined(separator: "\n")
    }

    private static func split(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
            text.hasSuffix("\n") || text.isEmpty ? 1 : 0
        )
    }

    private static func head(of lines: ArraySlice<Line>) -> String {
        let old = lines.count { $0.sign != "+" }
        let new = lines.count { $0.sign != "-" }
        guard let first = lines.first else { return "" }
        return "@@ -\(first.before + (old > 0 ? 1 : 0)),\(old) +\(first.after + (new > 0 ? 1 : 0)),\(new) @@"
    }

    /// Both texts as one, what was taken away before what was put in.
    private static func lines(from old: [Substring], to new: [Substring]) -> [Line] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                lines.append(Line(sign: "-", text: old[left], before: left, after: right))
                left += 1
            } else if inserted.contains(right) {
                lines.append(Line(sign: "+", text: new[right], before: left, after: right))
                right += 1
            } else {
                lines.append(Line(sign: " ", text: old[left], before: left, after: right))
                left += 1
                right += 1
            }
        }
        return lines
    }
}

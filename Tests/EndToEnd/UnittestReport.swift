/// What `python3 -m unittest --verbose` left out, and why.
struct UnittestReport {
    /// Tests that were run or left out.
    private(set) var count = 0
    /// Tests that were left out, each with its reason.
    private(set) var skips: [(test: Substring, reason: Substring)] = []

    /// Reads what it printed.
    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            if let match = line.wholeMatch(of: /Ran (\d+) tests? in .*/) {
                count = Int(match.1) ?? 0
            } else if let match = line.wholeMatch(of: /(?:(test\w*) \(.*\)|.*) \.\.\. skipped ['"](.*)['"]/) {
                skips.append((match.1 ?? "a test", match.2))
            }
        }
    }

    /// Why nothing was tested; `nil` when something was.
    var reasonForNothing: String? {
        guard count <= skips.count, let first = skips.first else { return nil }
        return String(first.reason)
    }
}

import FleetManifest

/// What an editor shows of one object: lines that begin with '#', which say what is wrong, and then the object. Pure.
struct EditText: Equatable {
    /// How it is written on the command line: `deployment/wine`.
    let object: String
    /// The object's YAML, as it was read or as it was left.
    var body: String
    /// What is wrong with the body; the lines are the body's.
    var problems: [ManifestProblem] = []

    /// Everything, the problems' lines counted as an editor counts them.
    var whole: String { header.map { "# \($0)".trimmingSuffix() + "\n" }.joined() + body }

    /// The text without the lines that begin with '#' at its top.
    static func body(of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.drop { $0.hasPrefix("#") }.joined(separator: "\n")
    }

    private var header: [String] {
        let lines = [
            "\(object), as the controller has it. When you have saved it and quit, it is checked",
            "and applied; what is saved as it was, or empty, changes nothing. These lines at",
            "the top are no part of it.", "",
        ]
        guard !problems.isEmpty else { return lines }
        let title = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        let shown = problems.prefix(ManifestLimits.problems)
        // However long, a problem's text has as many lines as before its place is moved.
        let height = lines.count + 1 + shown.reduce(0) { $0 + $1.lines.count } + 1
        let moved = shown.flatMap { $0.moved(down: height).lines }
        return lines + ["\(title); nothing was changed yet:"] + moved.map { "  \($0)" } + [""]
    }
}

extension ManifestProblem {
    /// The same, so many lines further down.
    fileprivate func moved(down lines: Int) -> ManifestProblem {
        var moved = self
        moved.place?.line += lines
        return moved
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate func trimmingSuffix() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

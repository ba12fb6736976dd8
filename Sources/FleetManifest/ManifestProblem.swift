/// One thing that is wrong with a manifest: where, why, and what to do.
package struct ManifestProblem: Error, Hashable, Sendable {
    /// What is wrong.
    package var message: String
    /// Where in the document.
    package var path: ManifestPath
    /// Where in the file; `nil` for a document that came without one.
    package var place: SourcePlace?
    /// What to do: the nearest right name, what is accepted, how to write it.
    package var hint: String?

    /// One thing that is wrong.
    package init(_ message: String, path: ManifestPath = ManifestPath(), place: SourcePlace? = nil, hint: String? = nil)
    {
        self.message = message
        self.path = path
        self.place = place
        self.hint = hint
    }
}

extension ManifestProblem: CustomStringConvertible {
    /// `file:line:column: path: what is wrong; what to do`.
    package var description: String {
        var parts: [String] = []
        if let place { parts.append(place.description) }
        if !path.steps.isEmpty { parts.append(path.description) }
        parts.append(hint.map { "\(message); \($0)" } ?? message)
        return parts.joined(separator: ": ")
    }
}

extension [ManifestProblem] {
    /// In the order of a reader's eye: file, line, column; problems without a place keep their order.
    package func inReadingOrder() -> [ManifestProblem] {
        enumerated().sorted { left, right in
            guard let first = left.element.place, let second = right.element.place, first.file == second.file else {
                return left.offset < right.offset
            }
            return (first.line, first.column, left.offset) < (second.line, second.column, right.offset)
        }.map(\.element)
    }
}

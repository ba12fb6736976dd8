/// One thing that is wrong with a manifest: where, why, and what to do.
package struct ManifestProblem: Error, Hashable, Sendable {
    /// What is wrong, on one line: what it quotes of the document is escaped and cut.
    package var message: String
    /// Where in the document.
    package var path: ManifestPath
    /// Where in the file; `nil` for a document that came without one.
    package var place: SourcePlace?
    /// What to do: the nearest right name, what is accepted, how to write it.
    package var hint: String?
    /// The key that it is about and what that is for: `bake: how long a wave is watched before the next one begins`.
    package var purpose: String?

    /// One thing that is wrong.
    package init(
        _ message: String,
        path: ManifestPath = ManifestPath(),
        place: SourcePlace? = nil,
        hint: String? = nil,
        purpose: String? = nil
    ) {
        self.message = PrintableText.of(message)
        self.path = path
        self.place = place
        self.hint = hint.map { PrintableText.of($0) }
        self.purpose = purpose
    }

    /// One thing that is wrong with a key.
    init(_ message: String, path: ManifestPath, place: SourcePlace?, hint: String? = nil, about key: KeyShape?) {
        let purpose = key.flatMap { $0.purpose.isEmpty ? nil : "\($0.name): \($0.purpose)" }
        self.init(message, path: path, place: place, hint: hint, purpose: purpose)
    }

    /// For people, on lines of their own: what is wrong and where, what to do, what the key is for.
    package var lines: [String] {
        var short = self
        short.hint = nil
        return [short.description] + [hint, purpose].compactMap { $0 }.map { "    \($0)" }
    }
}

extension ManifestProblem: CustomStringConvertible {
    /// `file:line:column: path: what is wrong; what to do`.
    package var description: String {
        var parts: [String] = []
        if let place { parts.append(place.description) }
        if !path.steps.isEmpty { parts.append(PrintableText.of(path.description, limit: 200)) }
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

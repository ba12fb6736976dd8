package import Fleet

/// What a person reads before a thaw.
package enum ThawText {
    /// The most lines of a section.
    private static let most = 50

    /// Why the controller is frozen, what its store has forgotten, and what would move.
    ///
    /// - Parameter isWhole: whether nothing moves at all; else only hosts in quarantine are held.
    package static func text(_ frozen: FrozenView, epoch: UInt64, isWhole: Bool = true) -> String {
        let state = isWhole ? "frozen" : "not frozen, but some hosts are held"
        var lines = ["\(state) since \(frozen.since), at epoch \(epoch): \(frozen.reason)"]
        lines += section("What hosts report and this backup does not have:", frozen.forgotten.map(\.text))
        lines += section("What a thaw would move, within each deployment's budgets:", frozen.moves.map(line))
        if frozen.moves.isEmpty { lines += ["", "A thaw would move nothing that is known now."] }
        lines += section("Not heard since the start; they are asked first, and may move then:", frozen.silent)
        return lines.joined(separator: "\n")
    }

    private static func section(_ title: String, _ rows: [String]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let rest = rows.count > most ? ["  … and \(rows.count - most) more"] : []
        return ["", title] + rows.prefix(most).map { "  \($0)" } + rest
    }

    private static func line(_ move: PlanHost) -> String {
        let from = move.from.map(name) ?? "nothing"
        let note = move.note.map { " (\($0))" } ?? ""
        return "\(move.deployment) on \(move.host): \(from) → \(move.to.map(name) ?? "nothing")\(note)"
    }

    private static func name(_ view: RevisionView) -> String {
        let version = view.version == "?" ? "" : ", version \(view.version)"
        return "revision \(view.number) (\(view.digest.short)\(version))"
    }
}

/// One step of the schema's history: a name that never changes and the statements that make the step.
///
/// Steps are applied in the order of their list, each in a transaction of its own. A released step is never edited,
/// moved or removed; a change is a further step at the end.
package struct StoreMigration: Sendable {
    /// Names the step in the file for ever, such as `"1 first light"`.
    package var name: String
    /// The step's statements, in order.
    package var statements: [String]

    package init(_ name: String, _ statements: [String]) {
        self.name = name
        self.statements = statements
    }
}

extension StoreMigration {
    static let table = """
        CREATE TABLE IF NOT EXISTS store_migrations (
            position INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        )
        """

    /// The steps of `known` that a file lacks, after comparing what it has.
    ///
    /// - Throws: ``StoreError`` `newerSchema` when the file has more steps, `otherSchema` when it has different ones.
    static func pending(in known: [StoreMigration], applied: [String], path: String) throws -> ArraySlice<
        StoreMigration
    > {
        for (position, name) in applied.enumerated() {
            guard position < known.count else {
                throw StoreError(
                    .newerSchema,
                    what: "cannot open the store",
                    where: path,
                    why: "the file has the migration \"\(name)\", which this program does not know: "
                        + "a newer program has written it",
                    next: "start the newer program, or restore a backup made before the upgrade"
                )
            }
            guard known[position].name == name else {
                throw StoreError(
                    .otherSchema,
                    what: "cannot open the store",
                    where: path,
                    why: "migration \(position + 1) is \"\(name)\" in the file and "
                        + "\"\(known[position].name)\" in this program",
                    next: "check that the path names this program's own store"
                )
            }
        }
        return known[applied.count...]
    }
}

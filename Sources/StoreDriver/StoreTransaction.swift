import GRDB

/// What a transaction's closure works with: SQL text in, rows out.
///
/// Valid only inside the closure it was given to. Statements are prepared once per connection and kept.
package struct StoreTransaction {
    private let database: Database
    private let path: String

    init(database: Database, path: String) {
        self.database = database
        self.path = path
    }

    /// Runs one statement and lets its rows go.
    ///
    /// The text must be one statement and must not begin, commit or roll back a transaction: the group commit owns
    /// these. Text with the character U+0000 is refused.
    ///
    /// - Returns: how many rows an INSERT, UPDATE or DELETE changed; meaningless for other statements.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func execute(_ sql: String, _ arguments: [StoreValue] = []) throws -> Int {
        let statement = try StoreStatement(sql, in: database, path: path)
        try statement.bind(arguments)
        while try statement.step() {}
        return database.changesCount
    }

    /// Runs one statement and answers all its rows. `INSERT … RETURNING` is such a statement too.
    ///
    /// - Throws: ``StoreError``.
    package func rows(_ sql: String, _ arguments: [StoreValue] = []) throws -> [StoreRow] {
        let statement = try StoreStatement(sql, in: database, path: path)
        try statement.bind(arguments)
        var rows: [StoreRow] = []
        while try statement.step() { rows.append(StoreRow(columns: statement.columns, values: statement.values())) }
        return rows
    }

    /// Runs one statement to its end and answers its first row, if it has one.
    ///
    /// - Throws: ``StoreError``.
    package func row(_ sql: String, _ arguments: [StoreValue] = []) throws -> StoreRow? {
        try rows(sql, arguments).first
    }
}

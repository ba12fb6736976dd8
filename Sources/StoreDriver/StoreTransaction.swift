import Foundation
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

    /// Runs one statement that answers no rows.
    ///
    /// The text must be one statement and must not begin, commit or roll back a transaction: the group commit owns
    /// these. Text with the character U+0000 is refused.
    ///
    /// - Returns: how many rows an INSERT, UPDATE or DELETE changed; meaningless for other statements.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func execute(_ sql: String, _ arguments: [StoreValue] = []) throws -> Int {
        do {
            let statement = try prepared(sql, arguments)
            try statement.execute()
            return database.changesCount
        } catch {
            throw StoreError.translating(error, what: "a statement failed", path: path)
        }
    }

    /// Runs one statement and answers all its rows. `INSERT … RETURNING` is such a statement too.
    ///
    /// - Throws: ``StoreError``.
    package func rows(_ sql: String, _ arguments: [StoreValue] = []) throws -> [StoreRow] {
        do {
            let statement = try prepared(sql, arguments)
            let columns = statement.columnNames
            let cursor = try Row.fetchCursor(statement)
            var answer: [StoreRow] = []
            while let row = try cursor.next() {
                answer.append(StoreRow(columns: columns, values: row.databaseValues.map { StoreValue($0) }))
            }
            return answer
        } catch {
            throw StoreError.translating(error, what: "a query failed", path: path)
        }
    }

    /// Runs one statement to its end and answers its first row, if it has one.
    ///
    /// - Throws: ``StoreError``.
    package func row(_ sql: String, _ arguments: [StoreValue] = []) throws -> StoreRow? {
        try rows(sql, arguments).first
    }

    private func prepared(_ sql: String, _ arguments: [StoreValue]) throws -> Statement {
        for case .text(let text) in arguments where text.utf8.contains(0) {
            // SQLite would store it and GRDB read it back cut at the NUL.
            throw StoreError(
                .misuse,
                what: "a statement was refused",
                where: path,
                why: "a text argument contains the character U+0000: \(text.prefix(80))",
                next: "remove the character"
            )
        }
        let statement = try database.cachedStatement(sql: sql)
        try statement.setArguments(StatementArguments(arguments.map(\.databaseValue)))
        return statement
    }
}

extension StoreValue {
    init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let integer): self = .integer(integer)
        case .double(let real): self = .real(real)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob([UInt8](data))
        }
    }

    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let integer): integer.databaseValue
        case .real(let real): real.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }
}

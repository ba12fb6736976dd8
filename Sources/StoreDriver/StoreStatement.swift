import GRDB
import GRDBSQLite

/// One run of a prepared statement, by SQLite's own interface.
///
/// GRDB prepares and keeps the statement; binding and stepping go past it, because each value that passes through its
/// boxes costs more than SQLite takes for it. The statement is reset when the run ends.
struct StoreStatement: ~Copyable {
    private let database: Database
    private let statement: Statement
    private let path: String

    private var pointer: OpaquePointer { statement.sqliteStatement }

    /// Takes the kept statement of this text, or prepares it.
    init(_ sql: String, in database: Database, path: String) throws {
        let prepared: Statement
        do {
            prepared = try database.cachedStatement(sql: sql)
        } catch {
            throw StoreError.translating(error, what: "a statement was refused", path: path)
        }
        self.database = database
        self.statement = prepared
        self.path = path
    }

    deinit {
        sqlite3_reset(statement.sqliteStatement)
        // Large arguments are not kept until the next run.
        sqlite3_clear_bindings(statement.sqliteStatement)
    }

    /// Binds all arguments. Text with the character U+0000 is refused.
    func bind(_ arguments: [StoreValue]) throws {
        let wanted = Int(sqlite3_bind_parameter_count(pointer))
        guard wanted == arguments.count else {
            throw refused("it takes \(wanted) arguments and was given \(arguments.count)")
        }
        for (index, argument) in arguments.enumerated() { try bind(argument, at: Int32(index + 1)) }
    }

    /// The columns' names.
    var columns: [String] { statement.columnNames }

    /// Goes to the next row.
    ///
    /// - Returns: false at the end.
    func step() throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure("a statement failed")
        }
    }

    /// The values of the present row.
    func values() -> [StoreValue] {
        (0..<sqlite3_column_count(pointer)).map { value(at: $0) }
    }

    private func value(at column: Int32) -> StoreValue {
        switch sqlite3_column_type(pointer, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(pointer, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(pointer, column))
        case SQLITE_TEXT:
            // The count is asked for after the conversion to UTF-8 that the first call does.
            let start = sqlite3_column_text(pointer, column)
            let count = Int(sqlite3_column_bytes(pointer, column))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(pointer, column)
            let count = Int(sqlite3_column_bytes(pointer, column))
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }

    private func bind(_ argument: StoreValue, at position: Int32) throws {
        // SQLITE_TRANSIENT (a cast of -1, which Swift does not import): SQLite copies the bytes at once.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let pointer = pointer
        let code: Int32
        switch argument {
        case .null: code = sqlite3_bind_null(pointer, position)
        case .integer(let integer): code = sqlite3_bind_int64(pointer, position, integer)
        case .real(let real): code = sqlite3_bind_double(pointer, position, real)
        case .text(var text):
            let bound: Int32? = text.withUTF8 { bytes in
                guard !bytes.contains(0) else { return nil }
                return bytes.withMemoryRebound(to: CChar.self) { characters in
                    sqlite3_bind_text(pointer, position, characters.baseAddress, Int32(characters.count), transient)
                }
            }
            guard let bound else {
                // PostgreSQL takes no such text, and SQL functions cut it.
                throw refused("a text argument contains the character U+0000: \(text.prefix(80))")
            }
            code = bound
        case .blob(let bytes):
            code =
                bytes.isEmpty
                ? sqlite3_bind_zeroblob(pointer, position, 0)
                : bytes.withUnsafeBytes {
                    sqlite3_bind_blob(pointer, position, $0.baseAddress, Int32($0.count), transient)
                }
        }
        guard code == SQLITE_OK else { throw failure("an argument was refused") }
    }

    private func failure(_ what: String) -> StoreError {
        StoreError(
            code: sqlite3_extended_errcode(database.sqliteConnection),
            message: sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) },
            sql: sqlite3_sql(pointer).map { String(cString: $0) },
            what: what,
            path: path
        )
    }

    private func refused(_ why: String) -> StoreError {
        StoreError(
            .misuse,
            what: "a statement was refused",
            where: path,
            why: "\(why), in \(sqlite3_sql(pointer).map { String(cString: $0).prefix(200) } ?? "?")",
            next: "this is a defect of the program: report it with this message"
        )
    }
}

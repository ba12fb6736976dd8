import GRDB
import GRDBSQLite

extension StoreError {
    /// Translates what GRDB threw; a `StoreError` and a caller's own error pass unchanged.
    static func translating(_ error: any Error, what: String, path: String) -> any Error {
        switch error {
        case let error as DatabaseError: StoreError(error, what: what, path: path)
        case is CancellationError:
            StoreError(
                .interrupted,
                what: what,
                where: path,
                why: "the calling task was cancelled",
                next: "call again if the answer is still wanted",
                cause: error
            )
        default: error
        }
    }

    private init(_ error: DatabaseError, what: String, path: String) {
        self.init(
            code: error.extendedResultCode.rawValue,
            message: error.message,
            sql: error.sql,
            what: what,
            path: path
        )
        cause = error
    }

    /// An error of SQLite's own: its extended result code, its message, the statement.
    init(code extended: Int32, message: String?, sql: String?, what: String, path: String) {
        let code = Code(sqlite: extended, message: message)
        let statement = sql.map { ", in \($0.prefix(200))" } ?? ""
        self.init(
            code,
            what: what,
            where: path,
            why: "\(message ?? "SQLite error") (SQLite \(extended)\(statement))",
            next: code.advice
        )
    }
}

extension StoreError.Code {
    /// The kind that an SQLite result code means (https://www.sqlite.org/rescode.html).
    init(sqlite extended: Int32, message: String?) {
        // The primary code is the low byte.
        switch extended & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_FULL: self = .full
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: self = .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_CANTOPEN: self = .cannotOpen
        case SQLITE_IOERR, SQLITE_NOMEM: self = .inputOutput
        case SQLITE_INTERRUPT, SQLITE_ABORT: self = .interrupted
        // What GRDB says about a connection that it has closed.
        case SQLITE_MISUSE where message == "Connection is closed": self = .closed
        default: self = .misuse
        }
    }

    fileprivate var advice: String {
        switch self {
        case .busy: "stop the other process that uses this file (`fuser FILE` names it), then try again"
        case .full: "free disk space, then try again; nothing was half written"
        case .readOnly: "give the service's user write access to the file and its directory, then restart"
        case .corrupt: "keep the file, restore the last backup, and check the disk"
        case .cannotOpen: "check that the directory exists and is writable by the service's user"
        case .inputOutput: "check the disk and the kernel's log, then restart"
        case .interrupted: "call again if the answer is still wanted"
        case .closed: "the program is stopping; start it again"
        case .constraint, .overloaded, .newerSchema, .otherSchema, .misuse:
            "this is a defect of the program: report it with this message"
        }
    }
}

import Dispatch
import GRDBSQLite

/// The peer: one thread that does the transactions of `FleetWriter.applyDeployment` with SQLite's own C interface:
/// the same statements, the same sizes, prepared once; JSON, digests and hashes cost it nothing.
final class DirectWriter {
    struct Failure: Error {
        let message: String
    }

    private enum Value {
        case integer(Int64)
        case text(String)
        case blob([UInt8])
    }

    private let database: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    private let template: [String]
    private let bytes = [UInt8](repeating: 0x61, count: 700)
    private let digest = "sha256:" + String(repeating: "5", count: 64)

    init(path: String) throws {
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK, let handle else {
            throw Failure(message: "cannot open \(path)")
        }
        database = handle
        var row: [String] = []
        sqlite3_busy_timeout(handle, 5_000)
        for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"] {
            guard sqlite3_exec(handle, "PRAGMA \(pragma)", nil, nil, nil) == SQLITE_OK else {
                throw Failure(message: pragma)
            }
        }
        var statement: OpaquePointer?
        sqlite3_prepare_v2(handle, "SELECT labels, content, scope, policy FROM deployment LIMIT 1", -1, &statement, nil)
        guard sqlite3_step(statement) == SQLITE_ROW else { throw Failure(message: "no deployment") }
        for column in 0..<Int32(4) {
            row.append(sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "")
        }
        sqlite3_finalize(statement)
        template = row
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close(database)
    }

    func run(seconds: Double) throws -> Measurement {
        var latencies: [UInt64] = []
        let processor = Measurement.processorTime()
        let start = DispatchTime.now().uptimeNanoseconds
        let end = start + UInt64(seconds * 1e9)
        var last = start
        while last < end {
            try apply(latencies.count)
            let now = DispatchTime.now().uptimeNanoseconds
            latencies.append(now - last)
            last = now
        }
        return Measurement(
            latencies: latencies,
            seconds: Double(last - start) / 1e9,
            processorSeconds: Measurement.processorTime() - processor
        )
    }

    private func apply(_ number: Int) throws {
        let index = number % StoreWriters.deployments
        let (name, uid) = ("deployment-\(index)", "uid-\(index)")
        let spec = template.joined(separator: ",")
        try run("BEGIN IMMEDIATE")
        let revision = try run("SELECT revision, term, audit_sequence, audit_hash FROM controller") + 1
        let newest = try run(
            "SELECT revision, * FROM deployment WHERE project = ? AND name = ? AND state <> 'deleted'",
            [.text("default"), .text(name)]
        )
        try record(revision, name: name, uid: uid, spec: spec)
        try run(
            "INSERT INTO revision (deployment, revision, digest, written, bytes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .text(uid), .integer(newest + 1), .text(digest), .text(digest), .blob(bytes),
                .integer(1_795_286_220_000),
            ]
        )
        try run(
            """
            UPDATE deployment SET labels = ?, content = ?, content_version = ?, scope = ?, scope_version = ?, policy = ?,
                policy_version = ?, revision = ?, state = ?, resource_version = ? WHERE uid = ?
            """,
            [
                .text(template[0]), .text(template[1]), .integer(revision), .text(template[2]), .integer(1),
                .text(template[3]), .integer(1), .integer(newest + 1), .text("active"), .integer(revision), .text(uid),
            ]
        )
        try run("COMMIT")
    }

    private func record(_ revision: Int64, name: String, uid: String, spec: String) throws {
        try run(
            "INSERT INTO change_log (revision, project, kind, name, uid, change) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .integer(revision), .text("default"), .text("Deployment"), .text(name), .text(uid), .text("put"),
            ]
        )
        if revision > 10_000 {
            try run("DELETE FROM change_log WHERE revision <= ?", [.integer(revision - 10_000)])
        }
        try run(
            """
            INSERT INTO audit (sequence, at, actor, reason, verb, project, kind, name, revision, before, after,
                previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(revision), .integer(1_795_286_220_000), .text("bench"), .text("measured"), .text("update"),
                .text("default"), .text("Deployment"), .text(name), .integer(revision), .text(spec), .text(spec),
                .text(digest), .text(digest),
            ]
        )
        try run(
            "UPDATE controller SET revision = ?, audit_sequence = ?, audit_hash = ?",
            [.integer(revision), .integer(revision), .text(digest)]
        )
    }

    /// Runs a statement to its end and answers the first column of its first row, 0 for none.
    @discardableResult
    private func run(_ sql: String, _ arguments: [Value] = []) throws -> Int64 {
        let statement = try prepared(sql)
        defer { sqlite3_reset(statement) }
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, argument) in arguments.enumerated() {
            let position = Int32(index + 1)
            switch argument {
            case .integer(let value): sqlite3_bind_int64(statement, position, value)
            case .text(let value): sqlite3_bind_text(statement, position, value, -1, transient)
            case .blob(let value): sqlite3_bind_blob(statement, position, value, Int32(value.count), transient)
            }
        }
        var answer: Int64 = 0
        var isFirst = true
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                if isFirst { answer = sqlite3_column_int64(statement, 0) }
                isFirst = false
            case SQLITE_DONE: return answer
            default: throw Failure(message: String(cString: sqlite3_errmsg(database)))
            }
        }
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw Failure(message: String(cString: sqlite3_errmsg(database)))
        }
        statements[sql] = statement
        return statement
    }
}

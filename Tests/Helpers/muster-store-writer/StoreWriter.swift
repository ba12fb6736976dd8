import Glibc
import StoreDriver

/// A process that writes and says what was acknowledged, to be killed by tests.
///
/// `muster-store-writer PATH [FILE-SIZE-LIMIT]`: 16 writers; each write puts one row into `left` and one into `right`,
/// every fifth throws after that. After each acknowledgement a line `ok ID` (or `thrown ID`) goes to standard output in
/// one write(2). With a limit no file may grow beyond it (the disk is full): the first error ends the program with a
/// line `failed CODE`.
@main
enum StoreWriter {
    struct Unwanted: Error {}

    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count > 2, let bytes = rlim_t(arguments[2]) {
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        }
        let store = try StoreDatabase(
            path: arguments[1],
            migrations: [
                StoreMigration(
                    "1",
                    [
                        "CREATE TABLE left (id INTEGER PRIMARY KEY, filler BLOB)",
                        "CREATE TABLE right (id INTEGER PRIMARY KEY REFERENCES left (id))",
                    ]
                )
            ]
        )
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask { await write(from: writer, to: store) }
            }
        }
    }

    static func write(from writer: Int, to store: StoreDatabase) async {
        let filler = [UInt8](repeating: 7, count: 500)
        for number in 0..<100_000 {
            let id = number * 16 + writer
            do {
                try await store.write { transaction in
                    try transaction.execute("INSERT INTO left VALUES (?, ?)", [.int(id), .blob(filler)])
                    try transaction.execute("INSERT INTO right VALUES (?)", [.int(id)])
                    if id % 5 == 0 { throw Unwanted() }
                }
                say("ok \(id)\n")
            } catch is Unwanted {
                say("thrown \(id)\n")
            } catch {
                say("failed \((error as? StoreError)?.code.rawValue ?? "\(error)")\n")
                return
            }
        }
    }

    static func say(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            _ = Glibc.write(1, bytes.baseAddress, bytes.count)
        }
    }
}

import StoreDriver

/// Each write puts one row into `left` and one into `right`; every fifth throws after that and says `thrown ID`.
struct DriverWrites {
    struct Unwanted: Error {}

    let store: StoreDatabase

    init(path: String) throws {
        store = try StoreDatabase(
            path: path,
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
    }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<StoreWriter.writers {
                group.addTask { await write(from: writer) }
            }
        }
    }

    private func write(from writer: Int) async {
        let filler = [UInt8](repeating: 7, count: 500)
        for number in 0..<100_000 {
            let id = number * StoreWriter.writers + writer
            do {
                try await store.write { transaction in
                    try transaction.execute("INSERT INTO left VALUES (?, ?)", [.int(id), .blob(filler)])
                    try transaction.execute("INSERT INTO right VALUES (?)", [.int(id)])
                    if id % 5 == 0 { throw Unwanted() }
                }
                StoreWriter.say("ok \(id)\n")
            } catch is Unwanted {
                StoreWriter.say("thrown \(id)\n")
            } catch {
                return StoreWriter.say("failed \((error as? StoreError)?.code.rawValue ?? "\(error)")\n")
            }
        }
    }
}

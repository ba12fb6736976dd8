import StoreDriver

/// Where a store's rows are.
enum FleetBacking: Sendable {
    /// In a file, durable.
    case file(StoreDatabase)
    /// In memory, for simulations.
    case memory(StoreMemory)

    func read<Value: Sendable>(_ body: @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        switch self {
        case .file(let database): try await database.read(body)
        case .memory(let memory): try memory.read(body)
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        switch self {
        case .file(let database): try await database.write(body)
        case .memory(let memory): try memory.write(body)
        }
    }

    func close() async throws {
        switch self {
        case .file(let database): try await database.close()
        case .memory: break
        }
    }

    /// How many writes wait for the disk now.
    var waitingWrites: Int {
        switch self {
        case .file(let database): database.waitingWrites
        case .memory: 0
        }
    }

    /// The store in memory.
    ///
    /// - Throws: ``FleetStoreError`` `misuse` where it is in a file.
    func inMemory() throws -> StoreMemory {
        switch self {
        case .memory(let memory): return memory
        case .file:
            throw FleetStoreError(
                .misuse,
                what: "cannot use the store at once",
                where: "a store in a file",
                why: "its writes wait for the disk",
                next: "this is a defect of the program: report it with this message"
            )
        }
    }
}

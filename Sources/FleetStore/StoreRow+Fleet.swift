import Fleet
import StoreDriver

extension StoreValue {
    /// A count or sequence; those beyond `Int64.max` (only a peer could send them) keep their bits.
    static func number(_ value: UInt64) -> StoreValue { .integer(Int64(bitPattern: value)) }
    static func number(orNull value: UInt64?) -> StoreValue { value.map { .number($0) } ?? .null }
    static func instant(_ value: Instant) -> StoreValue { .integer(value.milliseconds) }
    static func instant(orNull value: Instant?) -> StoreValue { .integer(orNull: value?.milliseconds) }
    static func digest(_ value: Digest) -> StoreValue { .text(value.description) }
    static func digest(orNull value: Digest?) -> StoreValue { .text(orNull: value?.description) }
    static func json(_ value: some Encodable) throws -> StoreValue { .text(try StoredJSON.text(value)) }
}

extension StoreRow {
    func number(_ column: String) throws -> UInt64 { UInt64(bitPattern: try integer(column)) }

    func numberOrNull(_ column: String) throws -> UInt64? {
        try integerOrNull(column).map { UInt64(bitPattern: $0) }
    }

    func instant(_ column: String) throws -> Instant { Instant(milliseconds: try integer(column)) }

    func instantOrNull(_ column: String) throws -> Instant? {
        try integerOrNull(column).map { Instant(milliseconds: $0) }
    }

    func digest(_ column: String) throws -> Digest {
        let text = try text(column)
        guard let digest = Digest(text) else { throw corrupt(column, text, "it is no digest") }
        return digest
    }

    func digestOrNull(_ column: String) throws -> Digest? {
        try textOrNull(column) == nil ? nil : digest(column)
    }

    func json<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        try StoredJSON.value(type, from: try text(column))
    }

    func jsonOrNull<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value? {
        try textOrNull(column).map { try StoredJSON.value(type, from: $0) }
    }

    /// A word of a closed list.
    func word<Word: RawRepresentable<String>>(_ column: String, as type: Word.Type = Word.self) throws -> Word {
        let text = try text(column)
        guard let word = Word(rawValue: text) else { throw corrupt(column, text, "it is no \(type)") }
        return word
    }

    /// The columns `revision`, `digest`, `written`.
    func revisionReference() throws -> RevisionReference {
        RevisionReference(number: try number("revision"), digest: try digest("digest"), written: try digest("written"))
    }

    func corrupt(_ column: String, _ value: String, _ why: String) -> FleetStoreError {
        FleetStoreError(
            .corrupt,
            what: "cannot read a stored value",
            where: "column \(column), \(value.prefix(80))",
            why: why,
            next: "keep the database's file and restore the last backup"
        )
    }
}

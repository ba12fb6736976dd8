import Foundation

/// How specs are kept: JSON text with sorted keys, so that equal values have equal text.
enum StoredJSON {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private static let decoder = JSONDecoder()

    /// The text of a value.
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Reads a value back.
    ///
    /// - Throws: ``FleetStoreError`` `corrupt` when the text is not such a value.
    static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            throw FleetStoreError(
                .corrupt,
                what: "cannot read a stored \(type)",
                where: String(text.prefix(120)),
                why: "\(error)",
                next: "keep the database's file and restore the last backup",
                cause: error
            )
        }
    }
}

/// One row of an answer, copied out of the database: it stays valid after its transaction.
package struct StoreRow: Sendable {
    /// The columns' names, in the statement's order; shared by all rows of an answer.
    package let columns: [String]
    /// The values, in the columns' order.
    package let values: [StoreValue]

    init(columns: [String], values: [StoreValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value in a column.
    ///
    /// - Throws: ``StoreError`` with code `misuse` when the answer has no such column.
    package func value(_ column: String) throws -> StoreValue {
        guard let index = columns.firstIndex(of: column) else {
            throw mismatch(column, "the answer has only the columns \(columns.joined(separator: ", "))")
        }
        return values[index]
    }

    /// The text in a column; a number, a blob or NULL is an error.
    package func text(_ column: String) throws -> String {
        guard let text = try textOrNull(column) else { throw mismatch(column, "it is NULL where text was expected") }
        return text
    }

    /// The text in a column, `nil` for NULL.
    package func textOrNull(_ column: String) throws -> String? {
        switch try value(column) {
        case .null: nil
        case .text(let text): text
        case let other: throw mismatch(column, "it is not text but \(other.kind)")
        }
    }

    /// The integer in a column; text, a blob or NULL is an error.
    package func integer(_ column: String) throws -> Int64 {
        guard let integer = try integerOrNull(column) else {
            throw mismatch(column, "it is NULL where an integer was expected")
        }
        return integer
    }

    /// The integer in a column, `nil` for NULL.
    package func integerOrNull(_ column: String) throws -> Int64? {
        switch try value(column) {
        case .null: nil
        case .integer(let integer): integer
        case let other: throw mismatch(column, "it is not an integer but \(other.kind)")
        }
    }

    /// The number in a column; text, a blob or NULL is an error.
    package func real(_ column: String) throws -> Double {
        switch try value(column) {
        case .real(let real): real
        case .integer(let integer): Double(integer)
        case let other: throw mismatch(column, "it is not a number but \(other.kind)")
        }
    }

    /// The truth in a column that holds 0 or 1.
    package func bool(_ column: String) throws -> Bool { try integer(column) != 0 }

    /// The bytes in a column; text, a number or NULL is an error.
    package func blob(_ column: String) throws -> [UInt8] {
        switch try value(column) {
        case .blob(let bytes): bytes
        case let other: throw mismatch(column, "it is not a blob but \(other.kind)")
        }
    }

    private func mismatch(_ column: String, _ why: String) -> StoreError {
        StoreError(
            .misuse,
            what: "cannot read a row",
            where: "column \(column)",
            why: why,
            next: "this is a defect of the program, or the file was edited by hand: report it with this message"
        )
    }
}

extension StoreValue {
    fileprivate var kind: String {
        switch self {
        case .null: "NULL"
        case .integer: "an integer"
        case .real: "a real"
        case .text: "text"
        case .blob: "a blob"
        }
    }
}

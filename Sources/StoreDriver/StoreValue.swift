/// One value in a row or an argument of a statement: SQLite's five storage classes.
package enum StoreValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension StoreValue {
    /// An integer argument.
    package static func int(_ value: Int) -> StoreValue { .integer(Int64(value)) }

    /// A truth as 0 or 1.
    package static func bool(_ value: Bool) -> StoreValue { .integer(value ? 1 : 0) }

    /// A text argument, or NULL.
    package static func text(orNull value: String?) -> StoreValue { value.map { .text($0) } ?? .null }

    /// An integer argument, or NULL.
    package static func integer(orNull value: Int64?) -> StoreValue { value.map { .integer($0) } ?? .null }
}

extension StoreValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(nilLiteral: ()) { self = .null }
}

package import Fleet

/// What a value may be. The readers take their bounds from it, and the published schemas are written from it, so the two
/// cannot differ.
package indirect enum ValueShape: Sendable {
    case text(TextShape)
    /// One of a few words.
    case words([String])
    case integer(ClosedRange<Int64>)
    case boolean
    /// A decimal that is not negative, as a number or in quotes.
    case decimal
    case span(ClosedRange<Span>)
    /// A number of hosts or a share of a list; the bound is the smallest of either.
    case amount(from: Int)
    case memory(ClosedRange<ByteQuantity>)
    case processors(ClosedRange<ProcessorQuantity>)
    /// Elements, how many; a set holds none twice.
    case list(of: ValueShape, count: ClosedRange<Int>, isSet: Bool = false)
    case object(ObjectKeys)
    /// Texts by key, at most so many.
    case texts(limit: Int, keys: TextShape, values: TextShape)
    /// Whole numbers by key, at most so many.
    case integers(limit: Int, keys: TextShape, values: ClosedRange<Int64>)
    /// Environment variables, at most so many: texts, or objects that name a file of the host.
    case variables(limit: Int, values: TextShape)
    /// One of these; the alternatives exclude each other by their type.
    case oneOf([ValueShape])
    /// The days on which a window opens: `mon`, `mon-fri`.
    case days
    case anyObject
    case anything
}

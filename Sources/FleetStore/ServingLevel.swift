import Fleet
import StoreDriver

/// Sorts the stretches of the serving history by how long they are, so that those in which an instant lies are found among
/// few: one of a level has begun less than the level's width before it.
enum ServingLevel {
    /// Of what has not ended.
    static let open: Int64 = -1
    /// What each level is shorter than, in milliseconds: 66 s, and four times as long from one to the next.
    static let widths: [Int64] = (8..<20).map { 1 << (2 * $0) }

    /// The level of a stretch that has ended; whatever is longer than the last width is in one of its own.
    static func of(since: Instant, until: Instant) -> Int64 {
        let length = until.milliseconds - since.milliseconds
        return Int64(widths.firstIndex { length < $0 } ?? widths.count)
    }

    /// Rows `(level, width)` for a `WITH` clause: what can hold an instant.
    static let values: String =
        (["(\(open), \(Int64.max / 2))"] + widths.enumerated().map { "(\($0.offset), \($0.element))" }
        + ["(\(widths.count), \(Int64.max / 2))"]).joined(separator: ", ")
}

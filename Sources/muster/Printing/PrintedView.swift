import Fleet
import FleetManifest

/// A view of the API that `get` can print.
protocol PrintedView: Codable, Sendable {
    /// Its columns; those that only `wide` shows come last.
    static var columns: (table: [String], wide: [String]) { get }
    /// Its type's singular name.
    static var type: ObjectType { get }
    /// Its name.
    var printedName: String { get }
    /// One cell for each column, the wide ones included.
    func cells(now: Instant) -> [TextTable.Cell]
    /// The manifest that declares it, if one does.
    var manifest: Manifest? { get }
    /// What `describe` prints.
    func description(style: TextStyle, now: Instant) -> String
    /// Why it is not where it should be.
    var whys: [Explanation] { get }
}

extension PrintedView {
    /// Whether its name is an id, of which the beginning will do.
    static var isNamedById: Bool { type == .hold || type == .rollback }
    var manifest: Manifest? { nil }
    var whys: [Explanation] { [] }
}

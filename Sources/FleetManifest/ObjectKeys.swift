/// Which keys an object may have.
struct ObjectKeys: Sendable {
    /// What has an effect today.
    var accepted: [String]
    /// What DESIGN knows and no issue has built: refused, in other words than a slip.
    var notBuiltYet: Set<String>

    /// Which keys an object may have.
    init(_ accepted: [String], notBuiltYet: Set<String> = []) {
        self.accepted = accepted
        self.notBuiltYet = notBuiltYet
    }
}

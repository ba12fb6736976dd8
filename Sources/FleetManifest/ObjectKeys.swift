/// Which keys an object may have.
package struct ObjectKeys: Sendable {
    /// What has an effect today.
    package var accepted: [String]
    /// What DESIGN knows and no issue has built: refused, in other words than a slip.
    package var notBuiltYet: Set<String>

    /// Which keys an object may have.
    package init(_ accepted: [String], notBuiltYet: Set<String> = []) {
        self.accepted = accepted
        self.notBuiltYet = notBuiltYet
    }
}

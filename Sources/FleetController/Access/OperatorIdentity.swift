package import Fleet
package import FleetStore

/// Who asks for a change, and why.
package struct OperatorIdentity: Sendable, Hashable {
    /// The operator's name.
    package var name: String
    /// What it may do.
    package var role: OperatorRole
    /// What it asks, where that must not be carried out twice: kept with the first change.
    package var request: RequestMark?

    /// Who asks.
    package init(name: String, role: OperatorRole) {
        self.name = name
        self.role = role
    }

    /// Refuses what a role does not allow: each allows what the ones before it do (DESIGN §10).
    ///
    /// - Parameters:
    ///   - least: the first role that allows it.
    ///   - what: what is asked, in words that follow "cannot".
    /// - Throws: `ControllerError` `forbidden`.
    func check(_ least: OperatorRole, to what: String) throws {
        guard role >= least else {
            throw ControllerError(
                .forbidden,
                "\(name) cannot \(what): the role '\(role.rawValue)' does not allow it",
                hint: "ask somebody with the role '\(least.rawValue)'"
            )
        }
    }
}

import FleetStore

/// Who asks for a change, and why.
package struct OperatorIdentity: Sendable, Hashable {
    /// The operator's name.
    package var name: String
    /// `viewer`, `oncall`, `operator` or `admin`.
    package var role: String

    /// Who asks.
    package init(name: String, role: String) {
        self.name = name
        self.role = role
    }

    /// Refuses what a role does not allow: each allows what the ones before it do (DESIGN §10).
    ///
    /// - Parameters:
    ///   - least: the first role that allows it.
    ///   - what: what is asked, in words that follow "cannot".
    /// - Throws: `ControllerError` `forbidden`.
    func check(_ least: OperatorRecord.Role, to what: String) throws {
        guard let own = OperatorRecord.Role(rawValue: role), own >= least else {
            throw ControllerError(
                .forbidden,
                "\(name) cannot \(what): the role '\(role)' does not allow it",
                hint: "ask somebody with the role '\(least.rawValue)'"
            )
        }
    }
}

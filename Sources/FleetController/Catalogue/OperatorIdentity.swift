/// Who asks for a change, and why.
package struct OperatorIdentity: Sendable, Hashable {
    /// The operator's name.
    package var name: String
    /// `admin` today.
    package var role: String

    /// Who asks.
    package init(name: String, role: String) {
        self.name = name
        self.role = role
    }
}

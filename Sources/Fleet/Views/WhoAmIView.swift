/// Who a bearer token belongs to.
package struct WhoAmIView: Sendable, Codable {
    /// The operator's name.
    package var name: String
    /// `admin`.
    package var role: String
    /// The controller's version.
    package var version: String

    /// Who a bearer token belongs to.
    package init(
        name: String,
        role: String,
        version: String
    ) {
        self.name = name
        self.role = role
        self.version = version
    }
}

import FleetSecurity
import Foundation

/// The first admin's credentials, as the controller keeps them in its data directory: for programs that run beside it.
package struct AdminCredentials: Sendable {
    private struct Content: Decodable {
        var url: String
        var token: String
    }

    /// `https://host:port` of the operator API at the first start.
    package let url: String
    /// The bearer token: a secret.
    package let token: String
    /// The authority's certificate: the only trust root.
    package let authorityPEM: String

    /// Reads them.
    ///
    /// - Throws: `ControllerError` `unavailable` when they are not there, or not readable by this user.
    package init(dataDirectory: String) throws {
        do {
            let path = "\(dataDirectory)/admin-credentials"
            let content = try JSONDecoder().decode(Content.self, from: Data(try SecretFile.read(path)))
            url = content.url
            token = content.token
            authorityPEM = try SecretFile.readText("\(dataDirectory)/authority.pem")
        } catch {
            throw ControllerError(
                .unavailable,
                "the admin's credentials in \(dataDirectory) cannot be read: \(error)",
                hint: "give the controller's data directory, as the user that it runs as: --data DIR",
                cause: error
            )
        }
    }
}

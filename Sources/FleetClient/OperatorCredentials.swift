package import Fleet

/// The file that a controller writes for its first operator: where it is, the token, and the authority's digest to pin.
package struct OperatorCredentials: Hashable, Sendable, Codable {
    /// `https://host:port`.
    package var url: String
    /// The bearer token: a secret.
    package var token: String
    /// The digest of the authority's certificate (DER).
    package var authority: Digest

    /// What the file says.
    package init(url: String, token: String, authority: Digest) {
        self.url = url
        self.token = token
        self.authority = authority
    }
}

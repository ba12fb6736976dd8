package import Fleet

/// What `login` learned: which controller, as whom, and which authority to trust.
package struct OperatorProfile: Hashable, Sendable, Codable {
    /// `https://host:port`, without a path.
    package var url: String
    /// The bearer token: a secret.
    package var token: String
    /// The digest of the authority's certificate (DER), as it was pinned.
    package var authority: Digest
    /// The authority's certificate: the only trust root.
    package var authorityPEM: String
    /// The project that commands speak of.
    package var project: String

    /// What `login` learned.
    package init(url: String, token: String, authority: Digest, authorityPEM: String, project: String = "default") {
        self.url = url
        self.token = token
        self.authority = authority
        self.authorityPEM = authorityPEM
        self.project = project
    }
}

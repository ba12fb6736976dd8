/// A new operator's token: shown once.
package struct OperatorTokenView: Sendable, Codable {
    /// Whose it is.
    package var `operator`: OperatorView
    /// The bearer token: a secret.
    package var token: String
    /// The digest of the authority, to be pinned by `muster login`.
    package var authority: Digest

    /// A new operator's token.
    package init(operator: OperatorView, token: String, authority: Digest) {
        self.operator = `operator`
        self.token = token
        self.authority = authority
    }
}

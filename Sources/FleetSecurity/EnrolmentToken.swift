package import Fleet

/// A single-use permission to enrol one host: the word `muster-host-<id>-<secret>-<authority's hash>-<checksum>`.
///
/// The controller stores the id and the secret's hash only; the host learns from the same word which authority to trust.
package struct EnrolmentToken: Sendable, Hashable {
    static let prefix = "muster-host"

    /// The word to copy: a secret.
    package let text: String
    /// Names the token in lists, logs and the store.
    package let id: String
    /// SHA-256 of the secret part's characters: what is stored and compared (with `ConstantTime`).
    package let secretHash: Digest
    /// The hash of the authority that the controller's certificate must lead to.
    package let authority: Digest

    /// Makes a new token with an id of 80 and a secret of 160 random bits.
    package static func generate(authority: Digest, random: inout some RandomNumberGenerator) -> EnrolmentToken {
        let id = TokenText.base32(random.bytes(10))
        let secret = TokenText.base32(random.bytes(20))
        return EnrolmentToken(
            text: TokenText.word(prefix: prefix, parts: [id, secret, authority.hex]),
            id: id,
            secretHash: Digest(of: Array(secret.utf8)),
            authority: authority
        )
    }

    /// Makes a new token with the system's randomness.
    package static func generate(authority: Digest) -> EnrolmentToken {
        var random = SystemRandomNumberGenerator()
        return generate(authority: authority, random: &random)
    }

    /// Reads a word. Throws `malformedToken` for one that was mistyped, cut off or is of another kind; whether the token is
    /// known, unused and in time only the controller can tell.
    package static func parse(_ text: String) throws(SecurityError) -> EnrolmentToken {
        let parts = try TokenText.parts(
            of: text,
            prefix: prefix,
            lengths: [TokenText.idCharacters, TokenText.secretCharacters, 64],
            kind: "enrolment token",
            source: "muster host token create"
        )
        guard let authority = Digest(hex: parts[2]) else {
            throw SecurityError(
                .malformedToken,
                "the enrolment token was not used: its authority's hash is no hash; "
                    + "make another with `muster host token create`"
            )
        }
        return EnrolmentToken(
            text: TokenText.word(prefix: prefix, parts: parts.map(String.init)),
            id: String(parts[0]),
            secretHash: Digest(of: Array(parts[1].utf8)),
            authority: authority
        )
    }
}

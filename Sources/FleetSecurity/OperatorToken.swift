package import Fleet

/// An operator's bearer token: the word `muster-op-<id>-<secret>-<checksum>`. The controller stores the id and the secret's
/// hash only.
package struct OperatorToken: Sendable, Hashable {
    static let prefix = "muster-op"

    /// The word to copy: a secret.
    package let text: String
    /// Names the token in lists, logs and the audit.
    package let id: String
    /// SHA-256 of the secret part's characters: what is stored and compared (with `ConstantTime`).
    package let secretHash: Digest

    /// Makes a new token with an id of 80 and a secret of 160 random bits.
    package static func generate(random: inout some RandomNumberGenerator) -> OperatorToken {
        let id = TokenText.base32(random.bytes(10))
        let secret = TokenText.base32(random.bytes(20))
        return OperatorToken(
            text: TokenText.word(prefix: prefix, parts: [id, secret]),
            id: id,
            secretHash: Digest(of: Array(secret.utf8))
        )
    }

    /// Makes a new token with the system's randomness.
    package static func generate() -> OperatorToken {
        var random = SystemRandomNumberGenerator()
        return generate(random: &random)
    }

    /// Reads a word. Throws `malformedToken` for one that was mistyped, cut off or is of another kind.
    package static func parse(_ text: String) throws(SecurityError) -> OperatorToken {
        let parts = try TokenText.parts(
            of: text,
            prefix: prefix,
            lengths: [TokenText.idCharacters, TokenText.secretCharacters],
            kind: "operator token",
            source: "muster operator token create"
        )
        return OperatorToken(
            text: TokenText.word(prefix: prefix, parts: parts.map(String.init)),
            id: String(parts[0]),
            secretHash: Digest(of: Array(parts[1].utf8))
        )
    }
}

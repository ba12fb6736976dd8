/// One immutable content of one deployment, as canonical bytes with their digest.
package struct Revision: Hashable, Sendable, Codable {
    /// Counts from 1 within the deployment's uid.
    package var number: UInt64
    /// The digest of `bytes`.
    package var digest: Digest
    /// The digest of the written content that it was resolved from.
    package var written: Digest
    /// RFC 8785 bytes of a `RevisionContent`.
    package var bytes: [UInt8]

    /// Makes a revision of a closed content.
    package init(number: UInt64, content: RevisionContent, written: Digest) {
        self.number = number
        bytes = content.canonicalBytes
        digest = Digest(of: bytes)
        self.written = written
    }

    /// A revision as it was stored or received; `nil` when the bytes do not have the digest.
    package init?(number: UInt64, digest: Digest, written: Digest, bytes: [UInt8]) {
        guard Digest(of: bytes) == digest else { return nil }
        self.number = number
        self.digest = digest
        self.written = written
        self.bytes = bytes
    }

    /// The revision without its bytes.
    package var reference: RevisionReference { RevisionReference(number: number, digest: digest, written: written) }
}

/// A revision by number and digests, without its bytes.
package struct RevisionReference: Hashable, Sendable, Codable {
    /// Counts from 1 within the deployment's uid.
    package var number: UInt64
    /// The digest of the canonical bytes.
    package var digest: Digest
    /// The digest of the written content.
    package var written: Digest

    /// A reference.
    package init(number: UInt64, digest: Digest, written: Digest) {
        self.number = number
        self.digest = digest
        self.written = written
    }
}

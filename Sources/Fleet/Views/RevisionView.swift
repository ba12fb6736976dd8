/// A revision as people name it.
package struct RevisionView: Sendable, Codable {
    /// Counts from 1 within the deployment.
    package var number: UInt64
    /// Of the canonical bytes.
    package var digest: Digest
    /// Of the written content.
    package var written: Digest
    /// The model's name.
    package var model: String
    /// The model's version.
    package var version: String
    /// The runtime's name.
    package var runtime: String

    /// A revision as people name it.
    package init(
        number: UInt64,
        digest: Digest,
        written: Digest,
        model: String,
        version: String,
        runtime: String
    ) {
        self.number = number
        self.digest = digest
        self.written = written
        self.model = model
        self.version = version
        self.runtime = runtime
    }
}

package import Fleet

/// A revision that a host has in its journal.
package struct KnownRevision: Sendable {
    /// The deployment's name.
    package var deployment: String
    /// The revision's number.
    package var number: UInt64
    /// What it says.
    package var content: RevisionContent

    /// A revision that a host has in its journal.
    package init(deployment: String, number: UInt64, content: RevisionContent) {
        self.deployment = deployment
        self.number = number
        self.content = content
    }
}

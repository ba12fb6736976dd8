package import Fleet

/// A revision without its bytes.
package struct RevisionSummary: Hashable, Sendable {
    /// Which one.
    package var reference: RevisionReference
    /// The version of the model that it holds; `nil` where its content is not known.
    package var version: String?
}

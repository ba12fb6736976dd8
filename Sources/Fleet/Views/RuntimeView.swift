/// A runtime with what the store knows of it.
package struct RuntimeView: Sendable, Codable {
    /// As written.
    package var runtime: RuntimeProfile
    /// The revision of the last change.
    package var resourceVersion: UInt64

    /// A runtime with what the store knows of it.
    package init(
        runtime: RuntimeProfile,
        resourceVersion: UInt64
    ) {
        self.runtime = runtime
        self.resourceVersion = resourceVersion
    }
}

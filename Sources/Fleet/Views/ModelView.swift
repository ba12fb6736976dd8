/// A catalogue entry with what the store knows of it.
package struct ModelView: Sendable, Codable {
    /// As written.
    package var model: Model
    /// The revision of the last change: what a conditional write names.
    package var resourceVersion: UInt64
    /// The texts of its versions, oldest first.
    package var versions: [String]

    /// A catalogue entry with what the store knows of it.
    package init(
        model: Model,
        resourceVersion: UInt64,
        versions: [String]
    ) {
        self.model = model
        self.resourceVersion = resourceVersion
        self.versions = versions
    }
}

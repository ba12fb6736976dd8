/// One immutable version of a model: its files by digest, its format, its golden probe.
package struct ModelVersion: Hashable, Sendable, Codable {
    /// Unique within the project, by custom `model-version`.
    package var name: String
    /// For selection and display.
    package var labels: [String: String]
    /// The `Model` that this is a version of.
    package var model: String
    /// The version's own text, unique among the model's versions.
    package var version: String
    /// What the files are, for example `sklearn`.
    package var format: String
    /// The digest of the bundle's list; `nil` in a manifest whose bundle has not been pushed yet, never in the store.
    package var bundle: Digest?
    /// The proof of load.
    package var probe: GoldenProbe?

    /// A model's version.
    package init(
        name: String,
        labels: [String: String] = [:],
        model: String,
        version: String,
        format: String,
        bundle: Digest? = nil,
        probe: GoldenProbe? = nil
    ) {
        self.name = name
        self.labels = labels
        self.model = model
        self.version = version
        self.format = format
        self.bundle = bundle
        self.probe = probe
    }
}

/// One document that was read without a problem.
package struct ManifestDocument: Hashable, Sendable {
    /// What it declares.
    package var manifest: Manifest
    /// The document as it was written.
    package var node: ManifestNode

    /// One document.
    package init(manifest: Manifest, node: ManifestNode) {
        self.manifest = manifest
        self.node = node
    }
}

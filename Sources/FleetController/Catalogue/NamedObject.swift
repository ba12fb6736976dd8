package import FleetManifest

/// An object that a manifest declares, by name.
package struct NamedObject: Hashable, Sendable {
    /// What it is.
    package var kind: ManifestKind
    /// What it is called.
    package var name: String

    /// An object by name.
    package init(kind: ManifestKind, name: String) {
        self.kind = kind
        self.name = name
    }
}

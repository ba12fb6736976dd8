/// Where a replica's model server writes.
package struct ReplicaLogPlace: Hashable, Sendable {
    /// The deployment's name.
    package var name: String
    /// The newest file; older ones stand beside it.
    package var path: String

    /// Where a replica's model server writes.
    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}

package import Fleet

/// An object with what the store knows of it.
package struct Stored<Object: Sendable>: Sendable {
    /// As written.
    package var object: Object
    /// The revision of the last change: what a conditional write names.
    package var resourceVersion: UInt64
    /// When it was first written.
    package var createdAt: Instant
}

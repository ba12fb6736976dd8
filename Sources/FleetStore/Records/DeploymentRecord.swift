package import Fleet

/// A deployment with what the store knows of it.
package struct DeploymentRecord: Sendable, Hashable {
    /// Whether it is there.
    package enum State: String, Sendable, Hashable {
        case active
        /// Its replicas are being stopped; the name is taken until that is done.
        case removing
        /// History; the name is free.
        case deleted
    }

    /// Not inherited by a re-created name.
    package var uid: String
    /// As written.
    package var deployment: Deployment
    /// Rises with each change of the content.
    package var contentVersion: UInt64
    /// Rises with each change of the scope.
    package var scopeVersion: UInt64
    /// Rises with each change of the policy.
    package var policyVersion: UInt64
    /// The number of the revision that the written content was resolved to.
    package var revision: UInt64
    /// The number of the last plan that was stored for it; 0 before the first.
    package var plan: UInt64
    /// Whether it is there.
    package var state: State
    /// The revision of the last change: what a conditional write names.
    package var resourceVersion: UInt64
    /// When it was first applied.
    package var createdAt: Instant
}

/// Everything that one host should run. What it does not mention goes on serving and is reported: absence stops nothing.
package struct Assignment: Hashable, Sendable, Codable {
    /// Orders assignments; hosts ignore older ones.
    package var version: AssignmentVersion
    /// One a deployment.
    package var items: [AssignmentItem]
    /// Items of a newer controller that this program does not understand: read, never written.
    package var refused: [RefusedItem]

    /// Everything that one host should run.
    package init(version: AssignmentVersion, items: [AssignmentItem], refused: [RefusedItem] = []) {
        self.version = version
        self.items = items
        self.refused = refused
    }
}

/// (epoch, generation): the epoch rises when a controller is restored, the generation with each change for the host.
package struct AssignmentVersion: Hashable, Sendable, Codable, Comparable {
    /// The controller's epoch.
    package var epoch: UInt64
    /// Rises with every change, within the epoch.
    package var generation: UInt64

    /// A version.
    package init(epoch: UInt64, generation: UInt64) {
        self.epoch = epoch
        self.generation = generation
    }

    /// Before anything was assigned.
    package static let none = AssignmentVersion(epoch: 0, generation: 0)

    package static func < (left: AssignmentVersion, right: AssignmentVersion) -> Bool {
        (left.epoch, left.generation) < (right.epoch, right.generation)
    }
}

/// What one host should do about one deployment.
package struct AssignmentItem: Hashable, Sendable, Codable {
    /// What is asked.
    package enum Order: Hashable, Sendable, Codable {
        /// Serve the item's revision.
        case converge
        /// Fetch the item's revision, verify it and check that nothing stands in its way; move nothing. What serves goes on
        /// serving, and is started again if it dies.
        case stage
        /// Leave what is condemned: go to the item's revision, or, when it names none, to the host's own newest good one
        /// that no hold condemns. `id` names the rollback; while the turn is `wait` everything is got ready and nothing
        /// moves.
        case rollback(id: String, turn: Turn = .go)
        /// Stop, and forget the deployment once it is acknowledged.
        case remove
    }

    /// Whose turn it is in a rollback.
    package enum Turn: String, Hashable, Sendable, Codable {
        /// Move.
        case go
        /// Get ready, and wait for `go`. A host that is without a session for a minute goes by itself.
        case wait
    }

    /// What to do when a rollback has no target or its target fails.
    package enum OnFailure: String, Hashable, Sendable, Codable, CaseIterable {
        /// Go on serving what is condemned, with a loud receipt.
        case keepServing
        /// Stop the replica.
        case stop
    }

    /// The deployment's uid.
    package var deployment: String
    /// The deployment's name, for people, logs and templates.
    package var name: String
    /// Rises with each change of this item within the epoch; only a changed item pre-empts its own transition.
    package var number: UInt64
    /// What is asked.
    package var order: Order
    /// What to serve; `nil` when nothing is wanted (then nothing is started).
    package var revision: Revision?
    /// The stable port; optional.
    package var endpoint: Endpoint?
    /// Whether the endpoint may take its port over from another program that listens on it: true, or not said.
    package var adoptsPort: Bool?
    /// How long everything must be green before *verified*.
    package var stableFor: Span
    /// The same for a rollback.
    package var rollbackStableFor: Span
    /// What to do when a rollback cannot be done.
    package var onFailure: OnFailure
    /// The deployment's succeeded revisions, oldest first: what may be `good`.
    package var succeeded: [RevisionReference]
    /// What is condemned.
    package var holds: [Hold]

    /// What one host should do about one deployment.
    package init(
        deployment: String,
        name: String,
        number: UInt64,
        order: Order = .converge,
        revision: Revision?,
        endpoint: Endpoint? = nil,
        adoptsPort: Bool? = nil,
        stableFor: Span,
        rollbackStableFor: Span,
        onFailure: OnFailure = .keepServing,
        succeeded: [RevisionReference] = [],
        holds: [Hold] = []
    ) {
        self.deployment = deployment
        self.name = name
        self.number = number
        self.order = order
        self.revision = revision
        self.endpoint = endpoint
        self.adoptsPort = adoptsPort
        self.stableFor = stableFor
        self.rollbackStableFor = rollbackStableFor
        self.onFailure = onFailure
        self.succeeded = succeeded
        self.holds = holds
    }

    /// Whether only the number differs: such an item must not get a new number.
    package func saysTheSame(as other: AssignmentItem) -> Bool {
        var copy = other
        copy.number = number
        return self == copy
    }
}

package import Fleet

/// A way from what served to one revision, and why it is taken.
package struct Passage: Hashable, Sendable, Codable {
    /// Why a passage is taken: it decides what follows success and failure.
    package enum Purpose: Hashable, Sendable, Codable {
        /// The item asks for a revision that has not been proven here.
        case candidate
        /// The item asks for a revision that has been proven here.
        case comeback
        /// The item orders a rollback with this id.
        case rollback(id: String)
        /// A person on the host orders a rollback; what comes of it stays pinned.
        case local
        /// Something failed, or was overtaken: back to what served. With a settlement the item ends with it; without,
        /// the item is looked at again afterwards.
        case revert(Settlement?)
        /// What was verified died, or the host was started: it is started again. `failures` so far, in a row.
        case restart(failures: Int)
    }

    /// Where it leads.
    package var goal: RevisionReference
    /// The stable port that the goal is to have.
    package var endpoint: Endpoint?
    /// Why.
    package var purpose: Purpose

    /// A way to one revision.
    package init(goal: RevisionReference, endpoint: Endpoint?, purpose: Purpose) {
        self.goal = goal
        self.endpoint = endpoint
        self.purpose = purpose
    }

    /// Whether nothing else is left that could serve if it does not arrive.
    var hasNoOther: Bool {
        switch purpose {
        case .candidate, .comeback, .rollback, .local: false
        case .revert, .restart: true
        }
    }

    /// Whether what it leaves must not answer for long.
    var leavesBriefly: Bool {
        switch purpose {
        case .candidate, .comeback: false
        case .rollback, .local, .revert, .restart: true
        }
    }

    /// Whether it only brings back what is to run anyway: the item is not under way.
    var isRestart: Bool {
        if case .restart = purpose { true } else { false }
    }

    /// Whether it leads back to what served, after a failure or because it was overtaken.
    var isReturn: Bool {
        if case .revert = purpose { true } else { false }
    }

    /// How long everything must be green after the switch: only what has a policy is observed.
    func stableFor(_ item: AssignmentItem?) -> Span? {
        switch purpose {
        case .candidate: item?.stableFor
        case .comeback, .rollback, .local: item?.rollbackStableFor
        case .revert, .restart: nil
        }
    }
}

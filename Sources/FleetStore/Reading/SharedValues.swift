import Fleet
import Synchronization

/// Values that many assignments share, kept by the digest of their content: never out of date, whatever is rolled back
/// or restored, and neither read as JSON nor verified twice.
final class SharedValues: Sendable {
    private static let limit = 1_024

    private struct State {
        var terms: [Digest: AssignmentTerms] = [:]
        var revisions: [RevisionReference: Revision] = [:]
    }

    private let state = Mutex(State())

    /// Terms by their digest.
    func terms(_ digest: Digest, orRead read: () throws -> AssignmentTerms) rethrows -> AssignmentTerms {
        if let known = state.withLock({ $0.terms[digest] }) { return known }
        let terms = try read()
        state.withLock { state in
            if state.terms.count >= Self.limit { state.terms = [:] }
            state.terms[digest] = terms
        }
        return terms
    }

    /// A revision, with its bytes, by its reference.
    func revision(_ reference: RevisionReference, orRead read: () throws -> Revision) rethrows -> Revision {
        if let known = state.withLock({ $0.revisions[reference] }) { return known }
        let revision = try read()
        state.withLock { state in
            if state.revisions.count >= Self.limit { state.revisions = [:] }
            state.revisions[reference] = revision
        }
        return revision
    }
}

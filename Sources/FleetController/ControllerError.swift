package import Fleet
package import FleetManifest

/// Why the controller refuses or cannot do something. The operator API chooses the HTTP status, in one place.
package struct ControllerError: Error, Sendable, CustomStringConvertible {
    /// What kind of wrong.
    package enum Code: String, Sendable, Hashable {
        /// What was sent is wrong; see `problems`.
        case invalid
        /// No bearer token, or one that is not known.
        case unauthenticated
        /// The bearer's role does not allow it.
        case forbidden
        /// The object does not exist.
        case notFound
        /// The object was changed, or is in a state that does not allow this.
        case conflict
        /// A removal that needs to be allowed.
        case removalNotAllowed
        /// Too much at once: try again.
        case overloaded
        /// The store cannot be written.
        case unavailable
        /// Our bug.
        case `internal`
    }

    /// What kind of wrong.
    package var code: Code
    /// The word that `muster help errors` explains it by, where `code` is not exact enough.
    package var meaning: MessageCode?
    /// What failed, where and why.
    package var message: String
    /// What to do next.
    package var hint: String?
    /// Everything that is wrong with the documents, each with the index of its document.
    package var problems: [(document: Int, problem: ManifestProblem)]
    /// What lies below.
    package var cause: (any Error)?

    /// Why the controller refuses or cannot do something.
    package init(
        _ code: Code,
        _ message: String,
        hint: String? = nil,
        problems: [(document: Int, problem: ManifestProblem)] = [],
        cause: (any Error)? = nil,
        meaning: MessageCode? = nil
    ) {
        self.code = code
        self.meaning = meaning
        self.message = message
        self.hint = hint
        self.problems = problems
        self.cause = cause
    }

    package var description: String { hint.map { "\(message); \($0)" } ?? message }
}

import StoreDriver

/// Why the store did not do something. `message` has four parts: what failed, where, why, what to do next.
package struct FleetStoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that a caller tells apart.
    package enum Code: String, Sendable, Hashable {
        /// The object changed since it was read; the message says who changed what and when.
        case conflict
        /// There is no such object.
        case notFound
        /// An immutable object would have changed.
        case immutable
        /// The object is still referred to.
        case inUse
        /// The deployment is being removed.
        case removing
        /// A controller with a newer term owns the store: this one must stop.
        case fenced
        /// No such enrolment token was ever made.
        case tokenUnknown
        /// The enrolment token's time is over.
        case tokenExpired
        /// The enrolment token was used before.
        case tokenUsed
        /// Too many calls wait: answer 503 and try again.
        case overloaded
        /// The database cannot be written or read now (busy, full, read-only, a failing disk): answer 503.
        case unavailable
        /// What the database holds cannot be read.
        case corrupt
        /// The file belongs to another program or to another version of it.
        case incompatible
        /// A defect of this program.
        case misuse
    }

    /// The kind of failure.
    package var code: Code
    /// What failed, where, why, and what to do next.
    package var message: String
    /// The error below, if there is one.
    package var cause: (any Error)?

    /// Makes an error from the four parts of its message.
    package init(
        _ code: Code,
        what: String,
        where place: String,
        why: String,
        next: String,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = "\(what) (\(place)): \(why); \(next)"
        self.cause = cause
    }

    package var description: String { "\(code.rawValue): \(message)" }
}

extension FleetStoreError {
    /// Whether what holds the store is what failed: any other write would have failed as well.
    package var isOfTheDisk: Bool {
        switch (cause as? StoreError)?.code {
        case .full, .readOnly, .inputOutput, .cannotOpen, .busy: true
        case .corrupt, .constraint, .overloaded, .newerSchema, .otherSchema, .interrupted, .closed, .misuse, nil: false
        }
    }

    /// Lifts the driver's errors to this layer; a caller's own errors pass unchanged.
    static func lifting(_ error: any Error) -> any Error {
        guard let error = error as? StoreError else { return error }
        let code: Code =
            switch error.code {
            case .busy, .full, .readOnly, .inputOutput, .cannotOpen, .interrupted, .closed: .unavailable
            case .overloaded: .overloaded
            case .corrupt: .corrupt
            case .newerSchema, .otherSchema: .incompatible
            case .constraint, .misuse: .misuse
            }
        return FleetStoreError(code, message: error.message, cause: error)
    }

    private init(_ code: Code, message: String, cause: any Error) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    static func notFound(_ kind: ObjectKind, _ name: String) -> FleetStoreError {
        FleetStoreError(
            .notFound,
            what: "cannot use \(kind.rawValue) \(name)",
            where: "project \(FleetDatabase.project)",
            why: "there is none of that name",
            next: "list the names with `muster get`, and check the spelling"
        )
    }
}

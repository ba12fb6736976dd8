/// What went wrong in the database below the store.
///
/// `message` is for a person and has four parts: what failed, where, why, what to do next.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that a caller tells apart.
    package enum Code: String, Sendable, Hashable {
        /// Another process holds the database's lock for longer than the busy timeout.
        case busy
        /// The disk (or the page limit) is full. Nothing of the transaction was kept.
        case full
        /// The file or its directory cannot be written.
        case readOnly
        /// The file is damaged, or is not a database.
        case corrupt
        /// A statement broke a constraint of the schema.
        case constraint
        /// Too many calls wait already; nothing was queued.
        case overloaded
        /// The file was written by a program with migrations that this one does not know.
        case newerSchema
        /// The file's migrations are not those of this program.
        case otherSchema
        /// The file cannot be opened or made.
        case cannotOpen
        /// The operating system failed a read, a write or an fsync.
        case inputOutput
        /// The call was interrupted, or its task cancelled.
        case interrupted
        /// The database was closed.
        case closed
        /// A defect of this program: bad SQL, a column that is not there, a value of another type.
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

/// What the agent could not do.
package struct AgentError: Error, Sendable {
    /// The kinds of failure; a caller may act on them.
    package enum Code: Sendable, Hashable {
        /// The data directory, or a file in it, cannot be used.
        case files
        /// The journal is damaged in the middle.
        case journalDamaged
        /// A newer agent wrote the journal.
        case journalNewer
        /// A blob, or the list of a bundle, cannot be had now.
        case blobUnavailable
        /// The controller does not have a blob.
        case blobMissing
        /// Bytes do not have the digest they should have.
        case digestMismatch
        /// A revision says something that this host cannot do.
        case refused
        /// A process could not be started.
        case start
        /// The host is not enrolled, or its enrolment is incomplete.
        case enrolment
        /// The controller cannot be reached, or refused.
        case link
        /// The endpoint's rules cannot be read or changed.
        case endpoint
    }

    /// What kind of failure it is.
    package var code: Code
    /// Text for a person: what failed, where, why and what to do next.
    package var message: String
    /// What lay underneath, if anything.
    package var cause: (any Error)?

    /// A failure.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension AgentError.Code {
    /// What `muster-agent` exits with. 78, `EX_CONFIG` of sysexits.h, says that only a person can help: its unit does not
    /// start it again then. Anything else may pass by itself.
    package var exitCode: Int32 {
        switch self {
        case .journalDamaged, .journalNewer, .enrolment: 78
        case .files, .blobUnavailable, .blobMissing, .digestMismatch, .refused, .start, .link, .endpoint: 1
        }
    }
}

extension AgentError: CustomStringConvertible {
    package var description: String { message }
}

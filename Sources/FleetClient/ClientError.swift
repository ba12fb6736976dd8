package import Fleet

/// Why a call of the operator API did not answer what was asked.
package struct ClientError: Error, Sendable {
    /// What kind of failure it is.
    package enum Code: Hashable, Sendable {
        /// Nobody answered, or the connection broke.
        case unreachable
        /// The server is not the one whose authority was pinned.
        case untrusted
        /// The server answered with a problem document.
        case refused
        /// The answer is not what this version understands.
        case unexpectedAnswer
        /// A local file cannot be read, or is not what it must be.
        case file
        /// The URL or the profile is not usable.
        case configuration
    }

    /// What kind of failure it is.
    package var code: Code
    /// What failed, where and why.
    package var message: String
    /// What to do next.
    package var hint: String?
    /// What the server said, when it refused.
    package var problem: ProblemDocument?
    /// What lay underneath.
    package var cause: (any Error)?

    /// The word that `muster help errors` explains it by.
    package var word: String {
        switch code {
        case .refused: problem.map { $0.code ?? $0.type } ?? MessageCode.unexpectedAnswer.rawValue
        case .unreachable: MessageCode.unreachable.rawValue
        case .untrusted: MessageCode.untrusted.rawValue
        case .unexpectedAnswer: MessageCode.unexpectedAnswer.rawValue
        case .file: MessageCode.localFile.rawValue
        case .configuration: MessageCode.address.rawValue
        }
    }

    /// A failure.
    package init(
        _ code: Code,
        _ message: String,
        hint: String? = nil,
        problem: ProblemDocument? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.problem = problem
        self.cause = cause
    }
}

/// Why an identity, a token, a certificate or a secret's file was refused.
package struct SecurityError: Error, Sendable {
    /// What kind of refusal it is; a caller may act on it.
    package var code: Code
    /// Text for a person: what failed, where, why and what to do next. It never holds a secret.
    package var message: String
    /// What lay underneath, if anything.
    package var cause: (any Error)?

    /// A refusal.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The kinds of refusal.
    package enum Code: Sendable, Hashable {
        /// A token that cannot be one: mistyped, cut off, or of another kind.
        case malformedToken
        /// A certificate signing request that cannot be read, or was not signed by its own key.
        case invalidRequest
        /// A name that may not stand in a certificate.
        case invalidName
        /// A key or certificate that cannot be read or does not fit its counterpart.
        case unreadable
        /// A server that did not prove what was pinned.
        case untrustedServer
        /// A secret's file that others may read, or that is not a plain file.
        case unsafeFile
        /// A file that could not be read or written.
        case file
        /// Making or signing a certificate failed.
        case issuing
    }
}

extension SecurityError: CustomStringConvertible {
    package var description: String { message }
}

/// Runs a call of another library and names its failure in this layer's words.
func naming<Value>(
    _ code: SecurityError.Code,
    _ message: @autoclosure () -> String,
    _ body: () throws -> Value
) throws(SecurityError) -> Value {
    do {
        return try body()
    } catch let error as SecurityError {
        throw error
    } catch {
        throw SecurityError(code, message(), cause: error)
    }
}

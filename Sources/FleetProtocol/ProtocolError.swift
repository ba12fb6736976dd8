/// A message that does not say what the protocol allows: the peer's fault, never ours.
package struct ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field, as `Message.field`.
    package let field: String
    /// What is wrong with it.
    package let problem: String

    /// A message that does not say what the protocol allows.
    package init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field) \(problem)" }
}

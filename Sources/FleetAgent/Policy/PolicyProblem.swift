/// Something in a policy file that is not as it must be.
package struct PolicyProblem: Sendable, Hashable {
    /// From 1.
    package var line: Int
    /// From 1, in characters.
    package var column: Int
    /// What is wrong, and what to write instead.
    package var message: String
}

/// Something in a policy file that is not as it must be.
struct PolicyProblem: Sendable, Hashable {
    /// From 1.
    var line: Int
    /// From 1, in characters.
    var column: Int
    /// What is wrong, and what to write instead.
    var message: String
}

package import Fleet

/// What assigning a host did.
package struct AssignmentChange: Sendable, Hashable {
    /// Everything that the host should run now.
    package var assignment: Assignment
    /// Whether that differs from before: only then it is sent.
    package var isChanged: Bool
}

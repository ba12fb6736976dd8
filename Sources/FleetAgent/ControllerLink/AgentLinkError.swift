/// Why an agent cannot talk to its controller: what failed, where, why, what to do.
package struct AgentLinkError: Error, Sendable, CustomStringConvertible {
    /// For people.
    package let description: String

    /// Why an agent cannot talk to its controller.
    package init(_ description: String) {
        self.description = description
    }
}

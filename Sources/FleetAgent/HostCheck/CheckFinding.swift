/// One fact about this host that matters to its agent.
struct CheckFinding: Sendable, Hashable, Codable {
    /// How it bears on the agent.
    enum State: String, Sendable, Codable {
        /// As it should be.
        case ok
        /// Works, but not as well as it could.
        case notice
        /// Something that Muster promises does not hold here.
        case problem
    }

    /// What the fact is about, in one word or two.
    var name: String
    var state: State
    /// The fact.
    var text: String
    /// What to do about it; `nil` when there is nothing to do.
    var next: String?

    static func ok(_ name: String, _ text: String) -> CheckFinding {
        CheckFinding(name: name, state: .ok, text: text)
    }

    static func notice(_ name: String, _ text: String, next: String) -> CheckFinding {
        CheckFinding(name: name, state: .notice, text: text, next: next)
    }

    static func problem(_ name: String, _ text: String, next: String) -> CheckFinding {
        CheckFinding(name: name, state: .problem, text: text, next: next)
    }
}

/// What happens to one object.
package struct PlanChange: Sendable, Codable {
    /// What happens to an object.
    package enum Action: String, Hashable, Sendable, Codable {
        case create, update, unchanged, delete
        /// Its content is condemned: nothing is stored.
        case held
    }

    /// `Model`, `ModelVersion`, `Runtime`, `Deployment`.
    package var kind: String
    /// The object's name.
    package var name: String
    /// What happens.
    package var action: Action
    /// For people: what changes, or who holds it.
    package var message: String?
    /// Of a deployment: whether a rollout begins with it.
    package var startsRollout: Bool?

    /// What happens to one object.
    package init(
        kind: String,
        name: String,
        action: Action,
        message: String? = nil,
        startsRollout: Bool? = nil
    ) {
        self.kind = kind
        self.name = name
        self.action = action
        self.message = message
        self.startsRollout = startsRollout
    }
}

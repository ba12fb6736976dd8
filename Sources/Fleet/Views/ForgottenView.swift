/// What a host reports of a deployment, and a store that was restored from an old backup does not have.
package struct ForgottenView: Hashable, Sendable, Codable {
    /// The deployment's name, as the host knows it.
    package var deployment: String
    /// The host's name.
    package var host: String
    /// A revision that the store does not have; `nil` when it is a hold.
    package var revision: RevisionReference?
    /// Whether the host serves that revision; else it keeps it to go back.
    package var serving: Bool
    /// The id of a hold that the store does not have.
    package var hold: String?
    /// The same for people.
    package var text: String

    /// A revision that the store does not have.
    package init(deployment: String, host: String, revision: RevisionReference, serving: Bool) {
        self.deployment = deployment
        self.host = host
        self.revision = revision
        self.serving = serving
        let verb = serving ? "serves" : "keeps, to go back,"
        text =
            "\(host) \(verb) revision \(revision.number) of '\(deployment)' (\(revision.digest.short)), "
            + "which this backup does not have"
    }

    /// A hold that the store does not have.
    package init(deployment: String, host: String, hold: String) {
        self.deployment = deployment
        self.host = host
        self.hold = hold
        serving = false
        text = "\(host) has journalled hold \(hold) of '\(deployment)', which this backup does not have"
    }
}

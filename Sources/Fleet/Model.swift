/// A catalogue entry: what a model is for and who answers for it.
package struct Model: Hashable, Sendable, Codable {
    /// Unique within the project.
    package var name: String
    /// For selection and display.
    package var labels: [String: String]
    /// Who answers for the model.
    package var owner: String?
    /// What it is used for.
    package var purpose: String?
    /// How much harm a wrong answer does, in the words of the house's own policy.
    package var riskTier: String?

    /// A catalogue entry.
    package init(
        name: String,
        labels: [String: String] = [:],
        owner: String? = nil,
        purpose: String? = nil,
        riskTier: String? = nil
    ) {
        self.name = name
        self.labels = labels
        self.owner = owner
        self.purpose = purpose
        self.riskTier = riskTier
    }
}

/// Why an object is not where it should be; nothing when it is.
package struct ExplanationsView: Sendable, Codable {
    /// One a reason.
    package var explanations: [Explanation]

    /// Why an object is not where it should be.
    package init(explanations: [Explanation]) {
        self.explanations = explanations
    }
}

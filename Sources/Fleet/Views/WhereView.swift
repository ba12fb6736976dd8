/// Which hosts served a model at a point in time.
package struct WhereView: Sendable, Codable {
    /// The model's name.
    package var model: String
    /// The version that was asked about; `nil` for every version.
    package var version: String?
    /// The point in time.
    package var at: Instant
    /// In the order of deployments and hosts: at most ``limit``.
    package var items: [ServingView]
    /// How many there are altogether, by version.
    package var counts: [String: Int]

    /// The most items of an answer.
    package static let limit = 10_000

    /// Which hosts served a model.
    package init(model: String, version: String? = nil, at: Instant, items: [ServingView], counts: [String: Int]) {
        self.model = model
        self.version = version
        self.at = at
        self.items = items
        self.counts = counts
    }
}

import Fleet

/// `metadata`: what every kind has.
struct MetadataManifest {
    static let keys = ObjectKeys(
        keys: [
            .required(
                "name",
                "what the object is called; another name is another object",
                .text(.name),
                like: "name: fraud"
            ),
            .optional(
                "labels",
                "words to select objects by, at most \(FleetLimits.labels)",
                .texts(limit: FleetLimits.labels, keys: .labelKey, values: .labelValue)
            ),
        ],
        notBuiltYet: ["annotations"],
        habits: ["namespace": "remove it: there are no namespaces here; tell objects apart by name and labels"]
    )

    var name: String
    var labels: [String: String]

    static func read(from document: inout ObjectReader) -> MetadataManifest? {
        document.object("metadata") { metadata in
            let name = metadata.text("name")
            let labels = metadata.texts("labels")
            return name.map { MetadataManifest(name: $0, labels: labels) }
        }
    }
}

import Fleet

/// `metadata`: what every kind has.
struct MetadataManifest {
    var name: String
    var labels: [String: String]

    static func read(from document: inout ObjectReader) -> MetadataManifest? {
        document.object("metadata", keys: ObjectKeys(["name", "labels"], notBuiltYet: ["annotations"])) { metadata in
            let name = metadata.text("name", rule: NameRule.problem(withName:))
            let labels = metadata.texts(
                "labels",
                limit: FleetLimits.labels,
                rules: (key: NameRule.problem(withLabelKey:), value: NameRule.problem(withLabelValue:))
            )
            return name.map { MetadataManifest(name: $0, labels: labels) }
        }
    }
}

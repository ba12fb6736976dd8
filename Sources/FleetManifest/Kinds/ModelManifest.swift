import Fleet

/// `kind: Model`, both ways.
enum ModelManifest {
    static let keys = ObjectKeys(
        keys: [
            .optional("owner", "who answers for the model", .text(.something)),
            .optional("purpose", "what the model decides or computes", .text(.something)),
            .optional("riskTier", "how much harm a wrong answer does, in your own words", .text(.something)),
        ],
        notBuiltYet: ["kpis"],
        habits: ["version": "a version is an object of its own: kind: ModelVersion"]
    )

    static func read(name: String, labels: [String: String], from document: inout ObjectReader) -> Model? {
        document.object("spec") { spec in
            Model(
                name: name,
                labels: labels,
                owner: spec.text("owner"),
                purpose: spec.text("purpose"),
                riskTier: spec.text("riskTier")
            )
        } ?? Model(name: name, labels: labels)
    }

    static func spec(of model: Model) -> ManifestNode {
        .object([
            "owner": model.owner.map { .string($0) },
            "purpose": model.purpose.map { .string($0) },
            "riskTier": model.riskTier.map { .string($0) },
        ])
    }
}

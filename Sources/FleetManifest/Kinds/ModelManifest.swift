import Fleet

/// `kind: Model`, both ways.
enum ModelManifest {
    static let keys = ObjectKeys(["owner", "purpose", "riskTier"], notBuiltYet: ["kpis"])

    static func read(name: String, labels: [String: String], from document: inout ObjectReader) -> Model? {
        document.object("spec", required: false, keys: keys) { spec in
            Model(
                name: name,
                labels: labels,
                owner: spec.text("owner", required: false),
                purpose: spec.text("purpose", required: false),
                riskTier: spec.text("riskTier", required: false)
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

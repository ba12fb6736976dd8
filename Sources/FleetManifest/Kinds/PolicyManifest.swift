import Fleet

/// `policy` of a deployment, both ways.
enum PolicyManifest {
    static let keys = ObjectKeys(
        ["rollout", "rollback", "windows", "freezes"],
        notBuiltYet: ["guards", "approvals"]
    )
    static let rollbackKeys = ObjectKeys(["strategy", "stableFor", "onFailure"])
    static let stableRange = Span.seconds(0)...Span.seconds(86_400)

    static func read(from spec: inout ObjectReader) -> Deployment.Policy? {
        spec.object("policy", required: false, keys: keys) { policy in
            let standard = Deployment.Policy()
            let rollout = RolloutPolicyManifest.read(from: &policy)
            let rollback = policy.object("rollback", required: false, keys: rollbackKeys) { rollback in
                (
                    strategy: rollback.has("strategy") ? rollback.word("strategy", of: Rollback.Strategy.self) : nil,
                    stableFor: rollback.span("stableFor", in: stableRange),
                    onFailure: rollback.has("onFailure")
                        ? rollback.word("onFailure", of: AssignmentItem.OnFailure.self) : nil
                )
            }
            return Deployment.Policy(
                rollout: rollout ?? standard.rollout,
                rollbackStableFor: rollback?.stableFor ?? standard.rollbackStableFor,
                rollbackStrategy: rollback?.strategy ?? standard.rollbackStrategy,
                rollbackOnFailure: rollback?.onFailure ?? standard.rollbackOnFailure,
                windows: WindowManifest.read(from: &policy),
                freezes: FreezeManifest.read(from: &policy)
            )
        }
    }

    static func node(of policy: Deployment.Policy) -> ManifestNode {
        .object([
            "rollout": RolloutPolicyManifest.node(of: policy.rollout),
            "rollback": .object([
                "strategy": .string(policy.rollbackStrategy.rawValue),
                "stableFor": .string(policy.rollbackStableFor.description),
                "onFailure": .string(policy.rollbackOnFailure.rawValue),
            ]),
            "windows": policy.windows.isEmpty
                ? nil : ManifestNode(.array(policy.windows.map(WindowManifest.node(of:)))),
            "freezes": policy.freezes.isEmpty
                ? nil : ManifestNode(.array(policy.freezes.map(FreezeManifest.node(of:)))),
        ])
    }
}

import Fleet

/// `policy` of a deployment, both ways.
enum PolicyManifest {
    static let keys = ObjectKeys(
        keys: [
            .optional("rollout", "how a revision is taken to the hosts", .object(RolloutPolicyManifest.keys)),
            .optional("rollback", "how hosts go back", .object(rollbackKeys)),
            .optional(
                "windows",
                "when it may be changed; always, where there is none; rollbacks do not ask",
                .list(of: .object(WindowManifest.keys), count: 0...ManifestLimits.windows)
            ),
            .optional(
                "freezes",
                "when it may not be changed, whatever the windows say",
                .list(of: .object(FreezeManifest.keys), count: 0...ManifestLimits.freezes)
            ),
        ],
        notBuiltYet: ["guards", "approvals"],
        habits: [
            "rollingUpdate": "write 'rollout', like `rollout: {waves: [1, 10%, 100%], maxInFlight: 10%}`",
            "strategy": "write 'rollout', like `rollout: {waves: [1, 10%, 100%], maxInFlight: 10%}`",
            "window": "write 'windows', a list",
            "freeze": "write 'freezes', a list",
        ]
    )
    static let rollbackKeys = ObjectKeys(
        keys: [
            .optional(
                "strategy",
                "in which order hosts go back: fast, half of them at a time, or rolling, in the rollout's waves; "
                    + "fast unless said",
                .words(Rollback.Strategy.allCases.map(\.rawValue))
            ),
            .optional(
                "stableFor",
                "for how long everything must stay green after a host went back; \(standard.rollbackStableFor) unless said",
                .span(stableRange)
            ),
            .optional(
                "onFailure",
                "what a host does that has nowhere to go, or whose target fails; keepServing unless said",
                .words(AssignmentItem.OnFailure.allCases.map(\.rawValue))
            ),
        ],
        habits: ["waves": "it belongs to 'spec.policy.rollout'; a rollback with strategy: rolling uses those waves"]
    )
    static let stableRange = Span.seconds(0)...Span.seconds(86_400)
    private static let standard = Deployment.Policy()

    static func read(from spec: inout ObjectReader) -> Deployment.Policy? {
        spec.object("policy") { policy in
            let rollout = RolloutPolicyManifest.read(from: &policy)
            let rollback = policy.object("rollback") { rollback in
                (
                    strategy: rollback.word("strategy", of: Rollback.Strategy.self),
                    stableFor: rollback.span("stableFor"),
                    onFailure: rollback.word("onFailure", of: AssignmentItem.OnFailure.self)
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

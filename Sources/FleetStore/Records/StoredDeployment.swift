import Fleet
import StoreDriver

/// A deployment's row with its parts as text: most writes need not read them as values.
struct StoredDeployment {
    /// The four parts, each as JSON with sorted keys.
    struct Parts {
        var labels: String
        var content: String
        var scope: String
        var policy: String

        init(_ deployment: Deployment) throws {
            labels = try StoredJSON.text(deployment.labels)
            content = try StoredJSON.text(deployment.content)
            scope = try StoredJSON.text(deployment.scope)
            policy = try StoredJSON.text(deployment.policy)
        }

        init(_ row: StoreRow) throws {
            labels = try row.text("labels")
            content = try row.text("content")
            scope = try row.text("scope")
            policy = try row.text("policy")
        }

        /// The whole deployment: what `StoredJSON` gives for it.
        func json(named name: String) -> String {
            let name = JSONValue.string(name).compactText
            return
                "{\"content\":\(content),\"labels\":\(labels),\"name\":\(name),\"policy\":\(policy),\"scope\":\(scope)}"
        }
    }

    /// Which parts differ from a deployment's.
    struct Changes {
        var labels: Bool
        var content: Bool
        var scope: Bool
        var policy: Bool

        var any: Bool { labels || content || scope || policy }
    }

    let parts: Parts
    let uid: String
    let revision: UInt64
    let plan: UInt64
    let state: DeploymentRecord.State
    let resourceVersion: UInt64
    private let contentVersion: UInt64
    private let scopeVersion: UInt64
    private let policyVersion: UInt64
    private let createdAt: Instant

    init(_ row: StoreRow) throws {
        parts = try Parts(row)
        uid = try row.text("uid")
        revision = try row.number("revision")
        plan = try row.number("plan")
        state = try row.word("state")
        resourceVersion = try row.number("resource_version")
        contentVersion = try row.number("content_version")
        scopeVersion = try row.number("scope_version")
        policyVersion = try row.number("policy_version")
        createdAt = try row.instant("created_at")
    }

    /// What changes with a deployment. Equal texts are equal values; texts that differ are read, since another version
    /// of this program may have written the same value in another way.
    func changes(to deployment: Deployment, _ new: Parts) throws -> Changes {
        func differ<Value: Decodable & Equatable>(_ old: String, _ new: String, _ value: Value) throws -> Bool {
            try old != new && StoredJSON.value(Value.self, from: old) != value
        }
        return Changes(
            labels: try differ(parts.labels, new.labels, deployment.labels),
            content: try differ(parts.content, new.content, deployment.content),
            scope: try differ(parts.scope, new.scope, deployment.scope),
            policy: try differ(parts.policy, new.policy, deployment.policy)
        )
    }

    /// The row with a deployment in the place of its texts.
    func record(of deployment: Deployment) -> DeploymentRecord {
        DeploymentRecord(
            uid: uid,
            deployment: deployment,
            contentVersion: contentVersion,
            scopeVersion: scopeVersion,
            policyVersion: policyVersion,
            revision: revision,
            plan: plan,
            state: state,
            resourceVersion: resourceVersion,
            createdAt: createdAt
        )
    }
}

/// Desired state: which model version, by which runtime, on which hosts, under which policy.
///
/// The three parts are versioned apart: only a change of content makes a revision.
package struct Deployment: Hashable, Sendable, Codable {
    /// What runs.
    package struct Content: Hashable, Sendable, Codable {
        /// The model's name.
        package var model: String
        /// The model's version.
        package var version: String
        /// The runtime's name.
        package var runtime: String
        /// Environment variables on top of the runtime's.
        package var environment: [String: VariableValue]
        /// What one replica gets of its host; `nil` when nothing is said.
        package var resources: ReplicaResources?

        /// What runs, by name.
        package init(
            model: String,
            version: String,
            runtime: String,
            environment: [String: VariableValue] = [:],
            resources: ReplicaResources? = nil
        ) {
            self.model = model
            self.version = version
            self.runtime = runtime
            self.environment = environment
            self.resources = resources.flatMap { $0.isEmpty ? nil : $0 }
        }

        /// The digest of the content *as written*, names unresolved: what "the same written content" means for a hold.
        package var writtenDigest: Digest { writtenDigest(bringing: nil) }

        /// The same with what the runtime brings along. That is content of its own, which is pushed as a model is: two servers
        /// are two contents, though the deployment names both of them by one name, and a rollback from one leads to the other.
        package func writtenDigest(bringing bundle: Digest?) -> Digest {
            var members: [String: JSONValue] = [
                "environment": .object(environment.mapValues(\.canonicalValue)),
                "model": .object(["name": .string(model), "version": .string(version)]),
                "runtime": .string(runtime),
            ]
            if let resources { members["resources"] = resources.canonicalValue }
            if let bundle { members["runtimeBundle"] = .string(bundle.description) }
            return Digest(of: JSONValue.object(members).canonicalBytes)
        }
    }

    /// Where it runs.
    package struct Scope: Hashable, Sendable, Codable {
        /// Which hosts.
        package var hosts: LabelSelector
        /// The stable port; optional.
        package var endpoint: Endpoint?

        /// Where it runs.
        package init(hosts: LabelSelector, endpoint: Endpoint?) {
            self.hosts = hosts
            self.endpoint = endpoint
        }
    }

    /// How it changes.
    package struct Policy: Hashable, Sendable, Codable {
        /// How a revision is taken to the hosts.
        package var rollout: RolloutPolicy
        /// How long everything must be green after a rollback's switch.
        package var rollbackStableFor: Span
        /// In which order a rollback's hosts go, unless it says otherwise.
        package var rollbackStrategy: Rollback.Strategy
        /// What a host does that a rollback has no target for, unless the rollback says otherwise.
        package var rollbackOnFailure: AssignmentItem.OnFailure
        /// When it may be changed; always, when empty. Rollbacks do not ask.
        package var windows: [MaintenanceWindow]
        /// When it may not be changed.
        package var freezes: [Freeze]

        /// How it changes.
        package init(
            rollout: RolloutPolicy = RolloutPolicy(),
            rollbackStableFor: Span = .seconds(3),
            rollbackStrategy: Rollback.Strategy = .fast,
            rollbackOnFailure: AssignmentItem.OnFailure = .keepServing,
            windows: [MaintenanceWindow] = [],
            freezes: [Freeze] = []
        ) {
            self.rollout = rollout
            self.rollbackStableFor = rollbackStableFor
            self.rollbackStrategy = rollbackStrategy
            self.rollbackOnFailure = rollbackOnFailure
            self.windows = windows
            self.freezes = freezes
        }

        private enum CodingKeys: String, CodingKey {
            case rollout, rollbackStableFor, rollbackStrategy, rollbackOnFailure, windows, freezes
        }

        private enum OlderKeys: String, CodingKey {
            case rolloutStableFor
        }

        /// Reads what stores keep, that of before there were waves too: it had only the two spans. What a rollback does was
        /// the same for all then.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if let rollout = try container.decodeIfPresent(RolloutPolicy.self, forKey: .rollout) {
                self.rollout = rollout
            } else {
                let older = try decoder.container(keyedBy: OlderKeys.self)
                rollout = RolloutPolicy(stableFor: try older.decode(Span.self, forKey: .rolloutStableFor))
            }
            rollbackStableFor = try container.decode(Span.self, forKey: .rollbackStableFor)
            rollbackStrategy =
                try container.decodeIfPresent(Rollback.Strategy.self, forKey: .rollbackStrategy) ?? .fast
            rollbackOnFailure =
                try container.decodeIfPresent(AssignmentItem.OnFailure.self, forKey: .rollbackOnFailure) ?? .keepServing
            windows = try container.decodeIfPresent([MaintenanceWindow].self, forKey: .windows) ?? []
            freezes = try container.decodeIfPresent([Freeze].self, forKey: .freezes) ?? []
        }
    }

    /// Unique within the project.
    package var name: String
    /// For selection and display.
    package var labels: [String: String]
    /// What runs.
    package var content: Content
    /// Where.
    package var scope: Scope
    /// How it changes.
    package var policy: Policy

    /// Desired state.
    package init(
        name: String,
        labels: [String: String] = [:],
        content: Content,
        scope: Scope,
        policy: Policy = Policy()
    ) {
        self.name = name
        self.labels = labels
        self.content = content
        self.scope = scope
        self.policy = policy
    }
}

/// The stable port of a deployment on each of its hosts.
package struct Endpoint: Hashable, Sendable, Codable {
    /// The port that clients use: 1…65535.
    package var port: UInt16
    /// The name of the runtime's port behind it.
    package var to: String

    /// A stable port.
    package init(port: UInt16, to: String) {
        self.port = port
        self.to = to
    }
}

/// One closed, immutable content: every name is resolved to a digest or copied in. What a host needs to serve it.
package struct RevisionContent: Hashable, Sendable, Codable {
    /// The only format there is.
    package static let format = "muster.revision/1"

    /// The model version, resolved.
    package struct ResolvedModel: Hashable, Sendable, Codable {
        /// The model's name.
        package var name: String
        /// The version's text.
        package var version: String
        /// What the files are.
        package var format: String
        /// The digest of the bundle's list.
        package var bundle: Digest

        /// A resolved model version.
        package init(name: String, version: String, format: String, bundle: Digest) {
            self.name = name
            self.version = version
            self.format = format
            self.bundle = bundle
        }
    }

    /// `muster.revision/1`.
    package var format: String
    /// The model version.
    package var model: ResolvedModel
    /// The runtime as it was when the revision was made; its labels are not part of it.
    package var runtime: RuntimeProfile
    /// The deployment's own environment, on top of the runtime's.
    package var environment: [String: VariableValue]
    /// What one replica gets of its host; `nil` when nothing is said.
    package var resources: ReplicaResources?
    /// The proof of load; optional.
    package var probe: GoldenProbe?

    /// Closes a content.
    package init(
        model: ResolvedModel,
        runtime: RuntimeProfile,
        environment: [String: VariableValue],
        resources: ReplicaResources? = nil,
        probe: GoldenProbe?
    ) {
        format = Self.format
        self.model = model
        self.runtime = runtime
        self.runtime.labels = [:]
        self.environment = environment
        self.resources = resources.flatMap { $0.isEmpty ? nil : $0 }
        self.probe = probe
    }

    /// The variables of a replica: the runtime's, and over them the deployment's.
    package var variables: [String: VariableValue] { runtime.environment.merging(environment) { $1 } }

    /// The bundles whose files a host needs to serve it: the model's, and the runtime's where it brings one.
    package var bundles: [Digest] { [model.bundle] + [runtime.bundle?.digest].compactMap(\.self) }

    /// RFC 8785 bytes: what the digest is of, and what travels to the host. They decode as this type.
    package var canonicalBytes: [UInt8] { value.canonicalBytes }

    private var value: JSONValue {
        var members: [String: JSONValue] = [
            "environment": .object(environment.mapValues(\.canonicalValue)),
            "format": .string(format),
            "model": Self.object([
                "bundle": model.bundle.description, "format": model.format, "name": model.name,
                "version": model.version,
            ]),
            "runtime": runtime.canonicalValue,
        ]
        // What is not said is not there: contents of before these fields keep their digests.
        if let resources { members["resources"] = resources.canonicalValue }
        if let probe {
            var texts = [
                "absolute": probe.absolute, "expect": probe.expect, "path": probe.path, "port": probe.port,
                "relative": probe.relative, "request": probe.request,
            ]
            texts["select"] = probe.select
            members["probe"] = Self.object(texts)
        }
        return .object(members)
    }

    fileprivate static func object(_ members: [String: String]) -> JSONValue {
        .object(members.mapValues { .string($0) })
    }
}

extension RuntimeProfile {
    fileprivate var canonicalValue: JSONValue {
        var members: [String: JSONValue] = [
            "command": .array(command.map { .string($0) }),
            "driver": .string(driver.rawValue),
            "environment": .object(environment.mapValues(\.canonicalValue)),
            "labels": .object([:]),
            "name": .string(name),
            "ports": .array(ports.map { .string($0) }),
            "ready": RevisionContent.object(["path": ready.path, "port": ready.port]),
            "stop": RevisionContent.object([
                "drain": stop.drain.description, "grace": stop.grace.description, "signal": stop.signal,
            ]),
            "update": .string(update.rawValue),
        ]
        if let live { members["live"] = RevisionContent.object(["path": live.path, "port": live.port]) }
        if let bundle { members["bundle"] = bundle.canonicalValue }
        if let requires { members["requires"] = .array(requires.map(\.canonicalValue)) }
        if let metrics { members["metrics"] = metrics.canonicalValue }
        if let systemd {
            var texts = ["sandbox": systemd.sandbox.rawValue]
            texts["user"] = systemd.user
            members["systemd"] = RevisionContent.object(texts)
        }
        if let container {
            members["container"] = container.canonicalValue
        }
        if let external { members["external"] = external.canonicalValue }
        return .object(members)
    }
}

extension RuntimeProfile.ContainerSettings {
    fileprivate var canonicalValue: JSONValue {
        var members: [String: JSONValue] = ["image": .string(image), "network": .string(network.rawValue)]
        if let user { members["user"] = .string(user) }
        if let ports { members["ports"] = .object(ports.mapValues { .integer(Int64($0)) }) }
        return .object(members)
    }
}

extension RuntimeProfile.MetricsSource {
    fileprivate var canonicalValue: JSONValue {
        var members: [String: JSONValue] = ["path": .string(path), "port": .string(port)]
        if let names { members["names"] = names.canonicalValue }
        return .object(members)
    }
}

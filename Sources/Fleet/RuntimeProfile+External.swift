extension RuntimeProfile {
    /// What only `driver: external` has: a server that runs already and holds models of others too.
    package struct ExternalSettings: Hashable, Sendable, Codable {
        /// Where the server listens on its host.
        package enum Address: String, Hashable, Sendable, Codable, CaseIterable {
            /// 127.0.0.1, alone or among others.
            case loopback
            /// The host's own address.
            case host
        }

        /// The server's ports: fixed, since it runs already.
        package struct Ports: Hashable, Sendable, Codable {
            /// Where the Open Inference Protocol is spoken over HTTP, its repository extension included.
            package var http: UInt16
            /// Where its figures are; `nil` when it shows none.
            package var metrics: UInt16?

            /// A server's ports.
            package init(http: UInt16, metrics: UInt16? = nil) {
                self.http = http
                self.metrics = metrics
            }

            /// By name, as `{port.NAME}` knows them.
            package var named: [String: UInt16] {
                var named = ["http": http]
                named["metrics"] = metrics
                return named
            }

            /// The names, in the order of the manifest.
            package var names: [String] { metrics == nil ? ["http"] : ["http", "metrics"] }
        }

        /// Where the server listens.
        package var address: Address
        /// Its ports.
        package var ports: Ports
        /// The directory on the host out of which the server loads its models, absolute.
        package var repository: String

        /// What only `driver: external` has.
        package init(address: Address = .loopback, ports: Ports, repository: String) {
            self.address = address
            self.ports = ports
            self.repository = repository
        }

        var canonicalValue: JSONValue {
            .object([
                "address": .string(address.rawValue),
                "ports": .object(ports.named.mapValues { .integer(Int64($0)) }),
                "repository": .string(repository),
            ])
        }
    }
}

extension RevisionContent {
    /// What a deployment says that has no effect with `driver: external`, by its path below `spec`, with the reason. Nothing
    /// with other drivers.
    package func withoutEffect(endpoint: Endpoint?) -> [(path: [String], reason: String)] {
        guard runtime.driver == .external else { return [] }
        var found: [(path: [String], reason: String)] = []
        if endpoint != nil {
            let reason = "clients come to the server's own port, and find the model there under its name"
            found.append((["scope", "endpoint"], reason))
        }
        if resources != nil {
            found.append((["content", "resources"], "the server runs already, with what its own unit gives it"))
        }
        if !environment.isEmpty {
            found.append((["content", "environment"], "the server runs already, with its own variables"))
        }
        return found
    }
}

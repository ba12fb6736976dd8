import Fleet

/// What a server that runs already does not need done for it, and what it does.
extension ProcessDriver {
    /// Proves a version under its private name; then it is only to be published.
    ///
    /// - Parameters:
    ///   - http: asks where replicas listen.
    ///   - say: hears why it is not ready yet.
    /// - Throws: what stands in its way, or is wrong with it; then nothing is left of it.
    func prove(
        _ content: RevisionContent,
        ticket: ReplicaTicket,
        deployment: String,
        modelDirectory: String,
        http: HTTPProbe,
        say: @Sendable (String) -> Void
    ) async throws -> ProvenModel {
        var ticket = ticket
        ticket.log = nil
        ticket.ports = content.runtime.external?.ports.named ?? [:]
        try await reserve(content, endpoint: nil, ticket: ticket)
        let final = ticket
        let handle = try await external.prove(
            content,
            ticket: final,
            bundle: modelDirectory,
            ask: { name in
                probe(
                    content,
                    deployment: deployment,
                    ports: final.ports,
                    directory: modelDirectory,
                    http: http,
                    as: name
                )
            },
            say: say
        )
        return ProvenModel(ticket: final, handle: handle)
    }

    /// Gives a proven version the public name, or one that was found again and may not have been loaded under it.
    ///
    /// - Parameter say: hears what the server has not answered.
    /// - Throws: why the server did not load it; then what served serves.
    func publish(
        _ handle: ExternalHandle,
        _ ticket: ReplicaTicket,
        say: @Sendable (String) -> Void
    ) async throws -> RunningReplica {
        let handle = try await external.publish(handle, say: say)
        return RunningReplica(ticket: ticket, handle: .external(handle), directory: files.replica(ticket.directoryName))
    }

    /// What asks of a replica.
    ///
    /// - Parameter alias: the name under which a model is asked for until it has its own.
    func probe(
        _ content: RevisionContent,
        deployment: String,
        ports: [String: UInt16],
        directory: String,
        http: HTTPProbe,
        as alias: String? = nil
    ) -> ReplicaProbe {
        let address = content.runtime.external.map { external.address(of: $0) }
        return ReplicaProbe(
            content: content,
            texts: texts(content, deployment: deployment, ports: ports, directory: directory, alias: alias),
            ports: ports,
            http: address.map { HTTPProbe(address: $0, group: group) } ?? http,
            time: time,
            alias: alias
        )
    }
}

/// A version that was proven under its private name.
struct ProvenModel: Sendable {
    var ticket: ReplicaTicket
    var handle: ExternalHandle
}

package import Fleet
import FleetProtocol
import FleetStore
import Foundation
import NIOCore
import SessionLifecycle

/// What is asked of hosts themselves while somebody waits.
extension FleetOperations {
    /// The controller stops: whatever hosts are answering ends, and whoever reads is told.
    package func endAnswers() { requests.stop() }

    /// What a replica's model server has written, oldest first, as bytes and as it is: it may hold secrets. Reading is what
    /// makes the host read.
    ///
    /// - Parameters:
    ///   - host: the host's name.
    ///   - deployment: the deployment's name.
    ///   - follow: whether what is written from now on follows, until nobody reads.
    ///   - tail: only so many lines of what there is.
    ///   - since: only from the first line on that bears this time or a later one.
    /// - Throws: `forbidden`; `notFound`; `conflict` when the host cannot answer; `overloaded`; `unavailable` when it does
    ///   not.
    package func logs(
        of deployment: String,
        on host: String,
        follow: Bool = false,
        tail: Int? = nil,
        since: Instant? = nil,
        by identity: OperatorIdentity
    ) async throws -> HostAnswer {
        try identity.check(.oncall, to: "read logs")
        let what = "read the log of '\(deployment)' on host '\(host)'"
        let entry = try await entry(host, to: what)
        let replicas = entry.report?.replicas ?? []
        guard let replica = replicas.first(where: { $0.name == deployment }) else {
            let names = replicas.map(\.name).sorted()
            let nearest = NearestName.of(deployment, among: names).map { "did you mean '\($0)'? " } ?? ""
            let known = names.isEmpty ? "it has none yet" : "it has \(names.joined(separator: ", "))"
            throw ControllerError(
                .notFound,
                "cannot \(what): the host has no replica of it",
                hint: "\(nearest)\(known); 'muster describe deployment \(deployment)' says where there are replicas"
            )
        }
        let query = LogQuery(deployment: replica.deployment, follow: follow, tail: tail, since: since)
        return try await requests.ask(.logs(query), of: entry, needs: LinkProtocol.logs, to: what, by: identity)
    }

    /// What a host says of itself at this moment, cleaned of what could steer a terminal.
    ///
    /// - Throws: `notFound`; `conflict` when the host cannot answer; `overloaded`; `unavailable` when it does not.
    package func inspection(of host: String, by identity: OperatorIdentity) async throws -> HostInspection {
        let what = "inspect host '\(host)'"
        let entry = try await entry(host, to: what)
        let needs = LinkProtocol.inspection
        var bytes: [UInt8] = []
        for try await piece in try await requests.ask(.inspect, of: entry, needs: needs, to: what, by: identity) {
            bytes += piece.readableBytesView
            guard bytes.count <= FleetLimits.reportBytes else { break }
        }
        guard bytes.count <= FleetLimits.reportBytes,
            let answer = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)),
            var inspection = try? JSONDecoder().decode(
                HostInspection.self,
                from: Data(PeerText.clean(answer).canonicalBytes)
            )
        else {
            throw ControllerError(
                .unavailable,
                "cannot \(what): this controller cannot read what the host answered",
                hint: "compare the versions of muster-agent there and of the controller: muster describe host \(host)"
            )
        }
        inspection.host = host
        return inspection
    }

    /// What somebody needs who is to find out from afar what is wrong on a host: lines of JSON that each hold a piece of a file
    /// of text, `{"file": …, "text": …}`. The audit has who took it, and whether with its secrets.
    ///
    /// - Parameter redacted: whether secrets are taken out before anything leaves the host.
    /// - Throws: `forbidden`; `notFound`; `conflict` when the host cannot answer; `overloaded`; `unavailable`.
    package func supportBundle(
        of host: String,
        redacted: Bool,
        by identity: OperatorIdentity
    ) async throws -> HostAnswer {
        try identity.check(.oncall, to: "take support bundles")
        if !redacted { try identity.check(.admin, to: "take support bundles with their secrets") }
        let what = "take a support bundle of host '\(host)'"
        let entry = try await entry(host, to: what)
        let answer = try await requests.ask(
            .supportBundle(redacted: redacted),
            of: entry,
            needs: LinkProtocol.supportBundles,
            to: what,
            by: identity
        )
        // Nobody reads any of it before this is stored.
        try await write(by: identity, reason: nil) { try $0.auditSupportBundle(ofHost: host, redacted: redacted) }
        return answer
    }

    /// A host that is asked for something.
    private func entry(_ host: String, to what: String) async throws -> HostEntry {
        let id = try await read { try Self.host(host, in: $0).host.id }
        guard let entry = directory[id] else {
            throw ControllerError(.conflict, "cannot \(what): it is being deleted", hint: "see 'muster get hosts'")
        }
        return entry
    }
}

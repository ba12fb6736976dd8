import Fleet
import FleetStore
import Synchronization

extension ViewBuilder {
    /// Where a model served.
    func whereabouts(
        of model: String,
        version: String?,
        _ spans: [ServingSpan],
        at: Instant,
        isNow: Bool
    ) throws -> WhereView {
        // A host that was sent away is no part of the present, whatever it said last.
        let present = isNow ? spans.filter { directory[$0.host]?.host.isRevoked != true } : spans
        var counts: [String: Int] = [:]
        var versions: [Digest: String] = [:]
        for span in present {
            let digest = span.revision.digest
            let name = try versions[digest] ?? revisions.view(span.revision, of: span.deployment).version
            versions[digest] = name
            counts[name, default: 0] += 1
        }
        var items = try served(present).sorted {
            ($0.deployment, $0.host, $0.since) < ($1.deployment, $1.host, $1.since)
        }
        if items.count > WhereView.limit { items.removeLast(items.count - WhereView.limit) }
        return WhereView(model: model, version: version, at: at, items: items, counts: counts)
    }

    /// Stretches with names for people, in the same order.
    func served(_ spans: [ServingSpan]) throws -> [ServingView] {
        var deployments: [String: String] = [:]
        return try spans.map { span in
            let deployment =
                try deployments[span.deployment]
                ?? (reader.deployment(uid: span.deployment)?.deployment.name ?? span.deployment)
            deployments[span.deployment] = deployment
            let host = directory[span.host]
            let state = host?.state.withLock { (name: $0.host.name, unreachableSince: $0.unreachableSince) }
            return ServingView(
                deployment: deployment,
                host: try state?.name ?? reader.host(span.host)?.host.name ?? span.host,
                revision: try revisions.view(span.revision, of: span.deployment),
                since: span.since,
                until: span.until,
                unreachableSince: span.until == nil ? state?.unreachableSince : nil
            )
        }
    }
}

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
        return WhereView(model: model, version: version, at: at, items: try listed(present), counts: counts)
    }

    /// The first ones in the order of deployments and hosts: names are put in order, not whole stretches.
    private func listed(_ spans: [ServingSpan]) throws -> [ServingView] {
        let items = try served(spans)
        var order = items.indices.map { (deployment: items[$0].deployment, host: items[$0].host, index: $0) }
        order.sort { left, right in
            left.deployment == right.deployment
                ? (left.host, items[left.index].since) < (right.host, items[right.index].since)
                : left.deployment < right.deployment
        }
        return order.prefix(WhereView.limit).map { items[$0.index] }
    }

    /// Stretches with names for people, in the same order.
    func served(_ spans: [ServingSpan]) throws -> [ServingView] {
        var deployments: [String: String] = [:]
        var views: [RevisionReference: RevisionView] = [:]
        return try spans.map { span in
            let revision = try views[span.revision] ?? revisions.view(span.revision, of: span.deployment)
            views[span.revision] = revision
            let deployment =
                try deployments[span.deployment]
                ?? (reader.deployment(uid: span.deployment)?.deployment.name ?? span.deployment)
            deployments[span.deployment] = deployment
            let host = directory[span.host]
            let state = host?.state.withLock { (name: $0.host.name, unreachableSince: $0.unreachableSince) }
            return ServingView(
                deployment: deployment,
                host: try state?.name ?? reader.host(span.host)?.host.name ?? span.host,
                revision: revision,
                since: span.since,
                until: span.until,
                unreachableSince: span.until == nil ? state?.unreachableSince : nil
            )
        }
    }
}

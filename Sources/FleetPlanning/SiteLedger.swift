/// The slots for fetching at each site, shared by all deployments: so many hosts of one site stage at a time.
///
/// Pure bookkeeping: machines take and give back, their owner asks who waits.
package struct SiteLedger: Sendable {
    private struct Site: Sendable {
        var taken = 0
        /// Deployments that were refused a slot, by uid.
        var waiting: Set<String> = []
    }

    /// How many hosts of one site may stage at a time: 1….
    package let limit: Int
    private var sites: [String: Site] = [:]
    private var holders: [String: [String: String]] = [:]
    private var freed: [String: Set<String>] = [:]

    /// A ledger in which nothing is taken.
    package init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Takes a slot for a host; a host that has one keeps it, and begins nothing else in it while more fetch at the site than
    /// may: some of them began unasked, or were given up and have come back. Returns whether it may fetch now.
    package mutating func take(site: String, host: String, deployment: String) -> Bool {
        if holders[deployment]?[host] != nil, !isOver(at: site) { return true }
        guard taken(at: site) < limit else {
            sites[site, default: Site()].waiting.insert(deployment)
            return false
        }
        hold(site: site, host: host, deployment: deployment)
        return true
    }

    /// Whether more hosts of a site fetch than may.
    package func isOver(at site: String) -> Bool { taken(at: site) > limit }

    /// Notes that a host fetches, whether a slot is free or not: it was asked before.
    package mutating func hold(site: String, host: String, deployment: String) {
        guard holders[deployment]?[host] == nil else { return }
        sites[site, default: Site()].taken += 1
        holders[deployment, default: [:]][host] = site
    }

    /// Gives a host's slot back, if it has one.
    package mutating func release(host: String, deployment: String) {
        guard let site = holders[deployment]?.removeValue(forKey: host) else { return }
        give(back: site)
    }

    /// Says which hosts of a deployment hold a slot, whatever it held before: after it was read from the store.
    ///
    /// - Parameter held: by host id, the site. It may pass the limit: what was asked before cannot be taken back.
    package mutating func replace(deployment: String, holders held: [String: String]) {
        let old = holders.removeValue(forKey: deployment) ?? [:]
        for site in held.values { sites[site, default: Site()].taken += 1 }
        for site in old.values { give(back: site) }
        holders[deployment] = held.isEmpty ? nil : held
    }

    /// The sites at which a slot has come free since a deployment was refused one; they are told once.
    package mutating func takeFreed(for deployment: String) -> Set<String> {
        freed.removeValue(forKey: deployment) ?? []
    }

    /// The deployments, by uid, for which a slot has come free since they were refused one: to be planned again.
    package var waiting: Set<String> { Set(freed.keys) }

    /// How many slots of a site are taken.
    package func taken(at site: String) -> Int { sites[site]?.taken ?? 0 }

    private mutating func give(back site: String) {
        guard var entry = sites[site] else { return }
        entry.taken -= 1
        if entry.taken <= limit {
            for deployment in entry.waiting { freed[deployment, default: []].insert(site) }
            entry.waiting = []
        }
        sites[site] = entry.taken == 0 && entry.waiting.isEmpty ? nil : entry
    }
}

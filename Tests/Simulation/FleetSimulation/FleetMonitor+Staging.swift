import Fleet
import FleetPlanning
import ReplicaLifecycle

/// The slots of a site: counted from who really fetches there.
extension FleetMonitor {
    func fetchBegan(_ host: SimulatedHost, _ deployment: Int) {
        makeRoom(deployment)
        guard let replica = host.replicas[deployment] else { return }
        let site = replica.fetchSite
        fetching[site] += 1
        let known = ground[host.index][deployment]
        let number = replica.machine.record.item?.number ?? 0
        ground[host.index][deployment].isFetchGivenUp =
            number <= max(known.givenUp, known.localItem) || known.isRetrying
        guard replica.machine.record.item?.order == .stage, fetching[site] > world.controller.slots
        else { return }
        exemptLost()
        guard fetching[site] > world.controller.slots + unordered(site) else { return }
        world.fail(
            "site budget",
            "\(fetching[site]) hosts fetch at site \(site), at most \(world.controller.slots) may"
        )
    }

    func fetchEnded(_ host: SimulatedHost, _ deployment: Int) {
        fetching[host.replicas[deployment]?.fetchSite ?? 0] -= 1
    }

    /// Whether a rollout has given up what a host fetches; the host may go on fetching.
    static func isSetAside(_ target: RolloutTarget?) -> Bool {
        switch target?.overlay {
        case .excluded, .skipped, .ineligible: true
        case .unreachable, .presumedFailed, .deferred, nil: false
        }
    }

    /// Fetches at a site that nobody has ordered as a staging, or that nobody waits for: rollbacks, hosts that have lost
    /// what they had, hosts that were given up.
    private func unordered(_ site: Int) -> Int {
        world.hosts.reduce(0) { count, host in
            count
                + host.replicas.count { replica in
                    guard let replica, replica.isFetching, replica.fetchSite == site else { return false }
                    let number = world.number(of: replica.machine.record.deployment)
                    let told = world.store.hosts[host.index].items[number]
                    return told?.order != .stage || ground[host.index][number].isFresh
                        || ground[host.index][number].isFetchGivenUp
                        || Self.isSetAside(world.store.rows[number]?.targets[host.id])
                        || world.store.hosts[host.index].site != site
                }
        }
    }
}

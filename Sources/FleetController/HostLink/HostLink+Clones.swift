import Fleet
import FleetProtocol
import Logging
import SessionLifecycle
import Synchronization

/// Copies of hosts (DESIGN §6): who is one is told goodbye, and goes on serving. On the connections' event loops.
extension HostLink {
    /// Whether a session may be; if not, it is told goodbye. So is the open one where that is the copy's.
    func admits(_ session: HostSessionHandler, _ peer: CloneWatch.Peer, of entry: HostEntry, now: Instant) -> Bool {
        let (verdict, older) = entry.state.withLock { state -> (CloneWatch.OnHello, HostSessionHandler?) in
            let verdict = state.clones.helloReceived(peer, enrolled: state.host.machine, now: now)
            switch verdict {
            case .admit, .refuse: return (verdict, nil)
            case .admitOver, .refuseBoth:
                defer { state.session = nil }
                return (verdict, state.session)
            }
        }
        if older != nil { requests.sessionLost(of: entry.id) }
        switch verdict {
        case .admit: return true
        case .admitOver(let finding):
            refuse(older.map { [$0] } ?? [], finding, of: entry)
            return true
        case .refuse(let finding):
            refuse([session], finding, of: entry)
            return false
        case .refuseBoth(let finding):
            refuse([session] + (older.map { [$0] } ?? []), finding, of: entry)
            return false
        }
    }

    /// Sends copies away. They are asked to come back every minute, so that it is known while they are there.
    func refuse(_ sessions: [HostSessionHandler], _ finding: CloneWatch.Finding, of entry: HostEntry) {
        let now = environment.now()
        let peer = sessions.first?.peer
        let host = entry.host
        var notice = CloneNotice(
            finding: finding,
            address: peer?.address ?? "?",
            machine: peer?.machine ?? "",
            since: now,
            last: now
        )
        let isNew = entry.state.withLock { state -> Bool in
            let known = state.clone.flatMap { $0.isFresh(at: now) && $0.finding == finding ? $0 : nil }
            if let known { notice.since = known.since }
            state.clone = notice
            return known == nil
        }
        if isNew {
            let why = notice.text(of: host)
            logger.error("a copy of a host is refused", metadata: ["host": "\(host.name)", "why": "\(why)"])
            inbox.put(clone: why, of: entry.id)
        }
        for session in sessions {
            session.sayGoodbye(.quarantined, reason: notice.farewell(to: host), reconnectAfter: .seconds(60))
        }
    }
}

import DaemonKit
import Fleet
import FleetProtocol
import SessionLifecycle
import Synchronization

/// What hosts are asked for while people wait: one `Request` on the session, one `Answer` stream each (DESIGN §6).
///
/// Everything is bounded: so many at once of one host and of all, and of each so many pieces here that nobody has taken.
/// What ends early ends with an error that says why.
final class HostRequests: Sendable {
    /// How many are named of those whose requests are in the way.
    private static let named = 5

    let limits: HostRequestLimits
    private let freshID: @Sendable () -> String
    private let time: TimeSource
    private let asked = Mutex<[String: HostAnswerFeed]>([:])

    init(
        limits: HostRequestLimits,
        freshID: @escaping @Sendable () -> String,
        time: TimeSource
    ) {
        self.limits = limits
        self.freshID = freshID
        self.time = time
    }

    /// Asks a host; returns when its answer begins.
    ///
    /// - Parameters:
    ///   - needs: the capability, of `LinkProtocol`.
    ///   - what: what cannot be done when it cannot, in words that follow "cannot".
    ///   - identity: who asks.
    /// - Throws: `conflict` when the host cannot answer, `overloaded`, `unavailable` when it does not.
    func ask(
        _ request: HostRequest,
        of entry: HostEntry,
        needs: UInt64,
        to what: String,
        by identity: OperatorIdentity
    ) async throws -> HostAnswer {
        let host = entry.host.name
        let (session, capabilities) = entry.state.withLock { ($0.session, $0.capabilities) }
        guard let session else { throw Self.disconnected(host, what) }
        guard capabilities & needs == needs else {
            let version = entry.report.map { " (\($0.facts.agentVersion))" } ?? ""
            throw ControllerError(
                .conflict,
                "cannot \(what): the muster-agent of host '\(host)'\(version) does not offer it",
                hint: "install a newer muster-agent on '\(host)'; until then look there",
                meaning: .agentTooOld
            )
        }
        let feed = HostAnswerFeed(id: freshID(), hostID: entry.id, host: host, what: what, asker: identity)
        try admit(feed)
        let answer = feed.begin { [weak self] in
            session.cancel(feed.id)
            self?.forget(feed)
        }
        session.ask(WireRequest(id: feed.id, request))
        // A session that ended in between has told nobody here.
        if entry.state.withLock({ $0.session !== session }) { feed.end(Self.disconnected(host, what)) }
        do {
            try await begun(feed)
            return answer
        } catch {
            feed.end(error)
            session.cancel(feed.id)
            forget(feed)
            throw error
        }
    }

    /// Where an answer goes; `nil` when nobody waits for it any more.
    func feed(_ id: String, from hostID: String) -> HostAnswerFeed? {
        asked.withLock { $0[id] }.flatMap { $0.hostID == hostID ? $0 : nil }
    }

    /// A host's session is over: nothing of it is waited for any more.
    func sessionLost(of hostID: String) {
        for feed in asked.withLock({ $0.values.filter { $0.hostID == hostID } }) { feed.end(feed.lost) }
    }

    /// The controller stops: whoever reads is told.
    func stop() {
        for feed in asked.withLock({ Array($0.values) }) {
            feed.end(
                ControllerError(
                    .unavailable,
                    "cannot \(feed.what) any further: the controller is stopping",
                    hint: "what runs on the host goes on; ask again when the controller has started"
                )
            )
        }
    }

    /// An answer is over, or nobody waits for it.
    func forget(_ feed: HostAnswerFeed) {
        asked.withLock { _ = $0.removeValue(forKey: feed.id) }
    }

    /// How many answers are under way.
    var count: Int { asked.withLock { $0.count } }

    /// The ids of what is under way.
    var ids: [String] { asked.withLock { Array($0.keys) } }

    /// Lets a request in, or says whose the others are. Who only looks leaves room for those who have to help.
    private func admit(_ feed: HostAnswerFeed) throws {
        let isOncall = feed.asker.role >= .oncall
        let ofAll = limits.ofAll - (isOncall ? 0 : limits.keptOfAll)
        let ofOneHost = limits.ofOneHost - (isOncall ? 0 : limits.keptOfOneHost)
        let refused = asked.withLock { asked -> (bound: String, others: [HostAnswerFeed])? in
            if asked.count >= ofAll { return ("of all hosts at most \(ofAll)", Array(asked.values)) }
            let others = asked.values.filter { $0.hostID == feed.hostID }
            if others.count >= ofOneHost { return ("of one host at most \(ofOneHost)", others) }
            asked[feed.id] = feed
            return nil
        }
        guard let refused else { return }
        let names = Set(refused.others.map(\.asker.name)).sorted()
        let more = names.count > Self.named ? " and \(names.count - Self.named) more" : ""
        let role = isOncall ? "" : " for the role '\(feed.asker.role.rawValue)'"
        throw ControllerError(
            .overloaded,
            "cannot \(feed.what): \(refused.bound) can be answered at once\(role), and there are those of "
                + names.prefix(Self.named).joined(separator: ", ") + more,
            hint: "have \(names.prefix(Self.named).joined(separator: " or ")) end one (Ctrl-C where it runs), "
                + "or ask again in a moment"
        )
    }

    private func begun(_ feed: HostAnswerFeed) async throws {
        let (beginning, time) = (limits.beginning, time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await _ in feed.beginnings { return }
                throw CancellationError()
            }
            group.addTask {
                try await time.sleep(beginning)
                throw ControllerError(
                    .unavailable,
                    "cannot \(feed.what): host '\(feed.host)' has not answered within \(beginning)",
                    hint: "it may be overloaded, or cut off: see 'muster describe host \(feed.host)', and ask again",
                    meaning: .hostSilent
                )
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func disconnected(_ host: String, _ what: String) -> ControllerError {
        ControllerError(
            .conflict,
            "cannot \(what): host '\(host)' is not connected",
            hint: "see since when: muster describe host \(host); what runs there goes on, and its log is on its disk",
            meaning: .hostNotConnected
        )
    }
}

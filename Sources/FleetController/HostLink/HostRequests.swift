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
    /// - Throws: `conflict` when the host cannot answer, `overloaded`, `unavailable` when it does not.
    func ask(_ request: HostRequest, of entry: HostEntry, needs: UInt64, to what: String) async throws -> HostAnswer {
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
        let feed = HostAnswerFeed(id: freshID(), hostID: entry.id, host: host, what: what)
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

    private func admit(_ feed: HostAnswerFeed) throws {
        let bound = asked.withLock { asked -> String? in
            if asked.count >= limits.ofAll { return "\(limits.ofAll) of all hosts" }
            if asked.values.count(where: { $0.hostID == feed.hostID }) >= limits.ofOneHost {
                return "\(limits.ofOneHost) of one host"
            }
            asked[feed.id] = feed
            return nil
        }
        guard let bound else { return }
        throw ControllerError(
            .overloaded,
            "cannot \(feed.what): \(bound) are being answered, which is the most at once",
            hint: "end one of them (Ctrl-C where it runs), or ask again in a moment"
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

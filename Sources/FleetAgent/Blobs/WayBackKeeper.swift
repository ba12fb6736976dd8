import DaemonKit
import Fleet
import Logging
import Synchronization

/// Looks after every way back, so that the night it is needed it is there: hashes its files slowly after the agent's start
/// and once a day, fetches anew what is damaged, and asks whether its runtime still has what it requires.
final class WayBackKeeper: Sendable {
    /// How long a check holds.
    static let interval = Span.seconds(86_400)
    /// When a way back that is not ready is looked at again.
    static let retry = Span.seconds(300)
    /// How often the clock is looked at.
    private static let tick = Span.seconds(60)

    private struct State {
        var ways: [Revision] = []
        /// When each is looked at next.
        var due: [Digest: Span] = [:]
    }

    private let bundles: BundleStore
    private let runtimes: RuntimeStore
    private let time: TimeSource
    private let logger: Logger
    private let unmetRequirement: @Sendable (RevisionContent) async throws -> String?
    private let tell: @Sendable (Digest, WayBackCheck) -> Void
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// A keeper that has nothing to look after.
    ///
    /// - Parameters:
    ///   - unmetRequirement: why the host does not have what a runtime requires; `nil` when it has.
    ///   - tell: hears of each look at a revision.
    init(
        bundles: BundleStore,
        runtimes: RuntimeStore,
        time: TimeSource,
        logger: Logger,
        unmetRequirement: @escaping @Sendable (RevisionContent) async throws -> String?,
        tell: @escaping @Sendable (Digest, WayBackCheck) -> Void
    ) {
        self.bundles = bundles
        self.runtimes = runtimes
        self.time = time
        self.logger = logger
        self.unmetRequirement = unmetRequirement
        self.tell = tell
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// These are the ways back now.
    func keep(_ ways: [Revision]) {
        let named = Set(ways.map(\.digest))
        state.withLock { state in
            state.ways = ways
            state.due = state.due.filter { named.contains($0.key) }
        }
        wake.yield()
    }

    /// Something that every way back depends on has changed: all are looked at anew.
    func again() {
        state.withLock { $0.due = [:] }
        wake.yield()
    }

    /// Runs until its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [time, wake] in
                while (try? await time.sleep(Self.tick)) != nil { wake.yield() }
            }
            for await _ in wakes {
                while !Task.isCancelled, let revision = next() { await look(at: revision) }
            }
            group.cancelAll()
        }
    }

    private func next() -> Revision? {
        let now = time.elapsed()
        return state.withLock { state in state.ways.first { (state.due[$0.digest] ?? now) <= now } }
    }

    private func look(at revision: Revision) async {
        var check = WayBackCheck()
        do {
            let content = try JSONCoding.content(of: revision)
            for bundle in content.bundles {
                let seen = try await verify(revision, bundle)
                check.verifiedAt = min(check.verifiedAt ?? seen, seen)
            }
            if let damaged = try await runtimes.damage(in: content) {
                tellOfDamage(damaged, revision, "it is made again")
                try await runtimes.ensure(content)
            }
            check.problem = try await unmetRequirement(content)
        } catch is CancellationError {
            return
        } catch {
            check.problem = "the files of revision \(revision.number) are not whole: \(error)"
        }
        if let problem = check.problem {
            logger.warning("way back not ready", metadata: ["revision": "\(revision.number)", "why": "\(problem)"])
        }
        let wait = check.problem == nil ? Self.interval : Self.retry
        let now = time.elapsed()
        state.withLock { $0.due[revision.digest] = Span(milliseconds: now.milliseconds + wait.milliseconds) }
        tell(revision.digest, check)
    }

    private func tellOfDamage(_ what: String, _ revision: Revision, _ next: String) {
        logger.warning("way back damaged", metadata: ["revision": "\(revision.number)", "what": "\(what)"])
        let problem = "\(what) of revision \(revision.number) is missing or damaged on disk"
        tell(revision.digest, WayBackCheck(problem: "\(problem); \(next)"))
    }

    /// When its files were seen whole: just now, or less than a day ago.
    private func verify(_ revision: Revision, _ bundle: Digest) async throws -> Instant {
        if let proof = bundles.proofs[bundle],
            time.elapsed().milliseconds - proof.steady.milliseconds < Self.interval.milliseconds
        {
            return proof.at
        }
        if let damaged = try await bundles.damage(in: bundle) {
            tellOfDamage(damaged, revision, "it is fetched again")
            _ = try await bundles.ensure(bundle)
        }
        return time.now()
    }
}

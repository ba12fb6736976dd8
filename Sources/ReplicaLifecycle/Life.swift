import Fleet

/// Where a replica is.
///
/// ```
///              ┌──────────────────── restart ─────────────────────┐
/// empty ─▶ starting ─▶ probing ─▶ observing ─▶ resting ─died─▶ waiting
///    ▲         │failed     │failed     │failed      │ staged
///    │         ▼           ▼           ▼            ▼
///    └──── stopping ◀────────────────────────────────
///              │ removed
///              ▼
///           removed
/// ```
///
/// Each struct is made from the one before it: a jump that must not happen has no initialiser.
enum Life: Sendable {
    /// Nothing runs, and nothing is to.
    case empty
    /// What was verified runs.
    case resting(Resting)
    /// What was verified died; it is started again when its time has come.
    case waiting(Waiting)
    /// A process is being stopped, to make room.
    case stopping(Stopping)
    /// A process was started; its model is not ready.
    case starting(Starting)
    /// The golden probe is being asked.
    case probing(Probing)
    /// It answers; everything must stay green.
    case observing(Observing)
    /// Stopped for good.
    case removed

    struct Resting: Sendable {
        var process: ReplicaProcess
        /// Why the model is not ready, while it is not.
        var unready: String?
        /// Starts that failed in a row before this one, and since when it runs: they are forgotten in time.
        var failures: Int
        var since: Instant

        init(from probing: Probing, at now: Instant) {
            process = probing.process
            if case .restart(let count) = probing.passage.purpose { failures = count } else { failures = 0 }
            since = now
        }

        init(from observing: Observing, at now: Instant) {
            process = observing.process
            failures = 0
            since = now
        }

        /// What was verified was found running.
        init(adopted process: ReplicaProcess, at now: Instant) {
            self.process = process
            failures = 0
            since = now
        }
    }

    struct Waiting: Sendable {
        var revision: RevisionReference
        var failures: Int
        var until: Instant
        var cause: String

        init(revision: RevisionReference, failures: Int, cause: String, at now: Instant) {
            self.revision = revision
            self.failures = failures
            self.cause = cause
            until = now + ReplicaTimes.backoff(afterFailures: failures)
        }
    }

    struct Stopping: Sendable {
        /// What follows.
        enum Next: Sendable {
            case start(Passage)
            case wait(RevisionReference, failures: Int, cause: String)
            case empty(Settlement?)
            /// Something that has no business here is gone: look again.
            case idle
            case removed
        }

        var process: ReplicaProcess
        var next: Next

        init(_ process: ReplicaProcess, next: Next) {
            self.process = process
            self.next = next
        }
    }

    struct Starting: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        var deadline: Instant
        /// Why the model is not ready, as last heard.
        var unready: String?

        init(_ passage: Passage, attempt: UInt64, at now: Instant) {
            self.passage = passage
            process = ReplicaProcess(attempt: attempt, revision: passage.goal)
            deadline = now + ReplicaTimes.start
        }

        /// The passage's goal was found running.
        init(_ passage: Passage, adopted process: ReplicaProcess, at now: Instant) {
            self.passage = passage
            self.process = process
            deadline = now + ReplicaTimes.start
        }
    }

    struct Probing: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        var deadline: Instant

        init(from starting: Starting, at now: Instant) {
            passage = starting.passage
            process = starting.process
            deadline = now + ReplicaTimes.probe
        }
    }

    struct Observing: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        var until: Instant

        init(from probing: Probing, stableFor: Span, at now: Instant) {
            passage = probing.passage
            process = probing.process
            until = now + stableFor
        }
    }
}

extension Life {
    /// The process there is, however it fares.
    var process: ReplicaProcess? {
        switch self {
        case .resting(let life): life.process
        case .stopping(let life): life.process
        case .starting(let life): life.process
        case .probing(let life): life.process
        case .observing(let life): life.process
        case .empty, .waiting, .removed: nil
        }
    }

    /// The passage under way.
    var passage: Passage? {
        switch self {
        case .starting(let life): life.passage
        case .probing(let life): life.passage
        case .observing(let life): life.passage
        case .stopping(let life):
            if case .start(let passage) = life.next { passage } else { nil }
        case .empty, .resting, .waiting, .removed: nil
        }
    }

    /// When something is due by itself.
    var deadline: Instant? {
        switch self {
        case .waiting(let life): life.until
        case .starting(let life): life.deadline
        case .probing(let life): life.deadline
        case .observing(let life): life.until
        case .empty, .resting, .stopping, .removed: nil
        }
    }
}

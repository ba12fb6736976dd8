import Fleet

/// Where the one process is that serves, or is to: what was verified last, or what takes its place when two do not fit.
///
/// ```
///              ┌──────── restart ─────────┐
/// empty ─▶ advancing ─▶ resting ─died─▶ waiting
///    ▲         │failed     │ staged
///    │         ▼           ▼
///    └──── stopping ◀──────┘
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
    /// A process is being started and proven.
    case advancing(Advance)
    /// Stopped for good.
    case removed

    struct Resting: Sendable {
        var process: ReplicaProcess
        /// Why the model is not ready, while it is not.
        var unready: String?
        /// Starts that failed in a row before this one, and since when it runs: they are forgotten in time.
        var failures: Int
        var since: Instant

        init(from probing: Advance.Probing, at now: Instant) {
            self.init(probing.process, after: probing.passage, at: now)
        }

        init(from switching: Advance.Switching, at now: Instant) {
            self.init(switching.process, after: switching.passage, at: now)
        }

        init(from observing: Advance.Observing, at now: Instant) {
            self.init(observing.process, after: observing.passage, at: now)
        }

        /// What was verified was found running.
        init(adopted process: ReplicaProcess, at now: Instant) {
            self.process = process
            failures = 0
            since = now
        }

        private init(_ process: ReplicaProcess, after passage: Passage, at now: Instant) {
            self.process = process
            if case .restart(let count) = passage.purpose { failures = count } else { failures = 0 }
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
}

extension Life {
    /// The process there is, however it fares.
    var process: ReplicaProcess? {
        switch self {
        case .resting(let life): life.process
        case .stopping(let life): life.process
        case .advancing(let advance): advance.process
        case .empty, .waiting, .removed: nil
        }
    }

    /// The passage under way.
    var passage: Passage? {
        switch self {
        case .advancing(let advance): advance.passage
        case .stopping(let life):
            if case .start(let passage) = life.next { passage } else { nil }
        case .empty, .resting, .waiting, .removed: nil
        }
    }

    /// When something is due by itself.
    var deadline: Instant? {
        switch self {
        case .waiting(let life): life.until
        case .advancing(let advance): advance.deadline
        case .empty, .resting, .stopping, .removed: nil
        }
    }
}

extension Life.Stopping.Next {
    /// Whether nothing is to run after it.
    var isFinal: Bool {
        switch self {
        case .empty, .removed: true
        case .start, .wait, .idle: false
        }
    }
}

import Fleet

/// A process on its way to be what was verified last.
///
/// ```
/// starting ─▶ probing ─▶ switching ─▶ observing      where the endpoint is switched
///                 └───────────────────▶┘             where a replica binds its port, or there is none
/// ```
///
/// Each struct is made from the one before it: nothing is switched to that was not probed.
enum Advance: Sendable {
    /// A process was started; its model is not ready.
    case starting(Starting)
    /// The golden probe is being asked.
    case probing(Probing)
    /// It is proven; the endpoint is being pointed at it.
    case switching(Switching)
    /// It answers; everything must stay green.
    case observing(Observing)

    struct Starting: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        var deadline: Instant
        /// Why the model is not ready, as last heard.
        var unready: String?
        /// Whether it answers already, unknown to the journal.
        var isTakenOver: Bool

        init(_ passage: Passage, attempt: UInt64, at now: Instant) {
            self.init(passage, adopted: ReplicaProcess(attempt: attempt, revision: passage.goal), at: now)
        }

        /// The passage's goal was found running.
        init(_ passage: Passage, adopted process: ReplicaProcess, isTakenOver: Bool = false, at now: Instant) {
            self.passage = passage
            self.process = process
            self.isTakenOver = isTakenOver
            deadline = now + ReplicaTimes.start
        }
    }

    struct Probing: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        var deadline: Instant
        var isTakenOver: Bool

        init(from starting: Starting, at now: Instant) {
            passage = starting.passage
            process = starting.process
            isTakenOver = starting.isTakenOver
            deadline = now + ReplicaTimes.probe
        }
    }

    struct Switching: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        /// `nil` where nothing better can be done than to try again.
        var deadline: Instant?
        var isTakenOver: Bool

        init(from probing: Probing, at now: Instant) {
            passage = probing.passage
            process = probing.process
            isTakenOver = probing.isTakenOver
            deadline = probing.passage.hasNoOther ? nil : now + ReplicaTimes.switching
        }
    }

    struct Observing: Sendable {
        var passage: Passage
        var process: ReplicaProcess
        var until: Instant

        /// Nothing has to be switched.
        init(from probing: Probing, stableFor: Span, at now: Instant) {
            passage = probing.passage
            process = probing.process
            until = now + stableFor
        }

        init(from switching: Switching, stableFor: Span, at now: Instant) {
            passage = switching.passage
            process = switching.process
            until = now + stableFor
        }

        /// What was proven here before was found running, with the endpoint pointed at it: its probe had passed.
        init(_ passage: Passage, pointedAt process: ReplicaProcess, stableFor: Span, at now: Instant) {
            self.passage = passage
            self.process = process
            until = now + stableFor
        }
    }
}

extension Advance {
    /// The process.
    var process: ReplicaProcess {
        get {
            switch self {
            case .starting(let step): step.process
            case .probing(let step): step.process
            case .switching(let step): step.process
            case .observing(let step): step.process
            }
        }
        set {
            switch self {
            case .starting(var step):
                step.process = newValue
                self = .starting(step)
            case .probing(var step):
                step.process = newValue
                self = .probing(step)
            case .switching(var step):
                step.process = newValue
                self = .switching(step)
            case .observing(var step):
                step.process = newValue
                self = .observing(step)
            }
        }
    }

    /// The step, in words of DESIGN §8.
    var step: TargetState {
        switch self {
        case .starting: .starting
        case .probing: .probing
        case .switching: .switching
        case .observing: .observing
        }
    }

    /// The passage. What it is for may change on the way; where it leads may not.
    var passage: Passage {
        switch self {
        case .starting(let step): step.passage
        case .probing(let step): step.passage
        case .switching(let step): step.passage
        case .observing(let step): step.passage
        }
    }

    /// Gives what is not observed yet another purpose.
    mutating func repurpose(_ purpose: Passage.Purpose) {
        switch self {
        case .starting(var step):
            step.passage.purpose = purpose
            self = .starting(step)
        case .probing(var step):
            step.passage.purpose = purpose
            self = .probing(step)
        case .switching(var step):
            step.passage.purpose = purpose
            self = .switching(step)
        case .observing: break
        }
    }

    /// When something is due by itself.
    var deadline: Instant? {
        switch self {
        case .starting(let step): step.deadline
        case .probing(let step): step.deadline
        case .switching(let step): step.deadline
        case .observing(let step): step.until
        }
    }

    /// Whether the endpoint is to lead to it: it is proven.
    var isPointedAt: Bool {
        switch self {
        case .starting, .probing: false
        case .switching, .observing: true
        }
    }

    /// Whether it answers those who come.
    var isAnswering: Bool {
        switch self {
        case .starting(let step): step.isTakenOver
        case .probing(let step): step.isTakenOver
        case .switching(let step): step.isTakenOver
        case .observing: true
        }
    }
}

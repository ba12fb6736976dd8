/// Who waits to write, and whether the writer is at work. Pure: the owner performs what an event answers.
///
/// ```
///          submitted                 writerFreed, some wait
///   idle ────────────▶ writing ◀──────────────────┐
///     ▲                   │ └─────────────────────┘
///     └───────────────────┘ writerFreed, nobody waits
///   closed: from idle or writing; whoever waits is still written, nobody new is taken
/// ```
struct WriteQueueStateMachine<Request> {
    private let waitingLimit: Int
    private let batchLimit: Int
    private var waiting: [Request] = []
    private var isWriting = false
    private var isClosed = false

    /// - Parameters:
    ///   - waitingLimit: how many requests may wait beside the batch that is being written.
    ///   - batchLimit: how many requests one transaction takes.
    init(waitingLimit: Int, batchLimit: Int) {
        precondition(waitingLimit > 0 && batchLimit > 0, "limits must be positive: \(waitingLimit), \(batchLimit)")
        self.waitingLimit = waitingLimit
        self.batchLimit = batchLimit
    }

    /// How many requests wait beside the batch that is being written.
    var waitingCount: Int { waiting.count }

    /// What the owner does with a new request.
    enum OnSubmitted: Equatable {
        /// The request waits; wake the writer.
        case startWriter
        /// The request waits for the writer, which is at work.
        case wait
        /// Refuse: too many wait.
        case refuseOverloaded
        /// Refuse: closed.
        case refuseClosed
    }

    /// A caller wants to write.
    mutating func submitted(_ request: Request) -> OnSubmitted {
        guard !isClosed else { return .refuseClosed }
        guard waiting.count < waitingLimit else { return .refuseOverloaded }
        waiting.append(request)
        guard !isWriting else { return .wait }
        isWriting = true
        return .startWriter
    }

    /// What the writer does next.
    enum OnWriterFreed {
        /// Write these in one transaction, then ask again.
        case write([Request])
        /// Nobody waits: return.
        case stop
    }

    /// The writer was started, or has answered its batch.
    mutating func writerFreed() -> OnWriterFreed {
        precondition(isWriting, "the writer asked for work while it was not started")
        guard !waiting.isEmpty else {
            isWriting = false
            return .stop
        }
        let batch = Array(waiting.prefix(batchLimit))
        waiting.removeFirst(batch.count)
        return .write(batch)
    }

    /// The owner closes: nobody new is taken, whoever waits is still written.
    mutating func closed() {
        isClosed = true
    }
}

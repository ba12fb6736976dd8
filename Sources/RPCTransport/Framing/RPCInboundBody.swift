package import NIOCore

/// What arrives on one stream, between the wire and its handler: cut into messages, held back while the handler pauses.
///
/// Bytes count as consumed once they leave the waiting line, so a paused handler holds at most the stream's window and one
/// message, and the peer's window closes.
///
/// ```
/// append(chunk)* end → [waiting] → deframer → next() → message* end | failure
///                          ▲ consumed here
/// ```
package struct RPCInboundBody {
    /// What the handler hears next.
    package enum Delivery {
        case message(ByteBuffer)
        case end
        /// The bytes were not gRPC messages; nothing follows.
        case failure(RPCStatus)
    }

    /// Nothing is delivered while it is set.
    package var isPaused = false
    /// Bytes that wait, their window not given back.
    package private(set) var waitingBytes = 0
    /// The end, or a failure, was delivered.
    package private(set) var isOver = false

    private var deframer: RPCDeframer?
    /// The piece at the head of the line; the line behind it exists only when there is more than one.
    private var first: ByteBuffer?
    private var waiting: CircularBuffer<ByteBuffer>?
    private var hasEnded = false
    private var consumedBytes = 0

    /// - Parameter maximumMessageBytes: the largest gRPC message; nil delivers the pieces as they come.
    package init(maximumMessageBytes: Int?) {
        deframer = maximumMessageBytes.map { RPCDeframer(maximumMessageBytes: $0) }
    }

    /// The peer has ended its half, and everything was delivered or can be now.
    package var isEndReceived: Bool { hasEnded }

    package mutating func append(_ chunk: ByteBuffer) {
        if isOver {
            consumedBytes += chunk.readableBytes
        } else {
            waitingBytes += chunk.readableBytes
            if first == nil {
                first = chunk
            } else {
                waiting = waiting ?? CircularBuffer(initialCapacity: 4)
                waiting?.append(chunk)
            }
        }
    }

    package mutating func end() {
        hasEnded = true
    }

    /// Drops whatever was not delivered; nothing is delivered any more.
    package mutating func discard() {
        isOver = true
        deframer = nil
        first = nil
        waiting = nil
        consumedBytes += waitingBytes
        waitingBytes = 0
    }

    /// Bytes whose window is to be given back now; counts each once.
    package mutating func takeConsumed() -> Int {
        defer { consumedBytes = 0 }
        return consumedBytes
    }

    /// What the handler hears next, or nil when it is paused or more bytes are needed.
    package mutating func next() -> Delivery? {
        while !isPaused, !isOver {
            do throws(RPCStatus) {
                if let message = try deframer?.next() { return .message(message) }
            } catch {
                discard()
                return .failure(error)
            }
            if let chunk = takeWaiting() {
                guard deframer != nil else { return .message(chunk) }
                deframer?.append(chunk)
                continue
            }
            guard hasEnded else { return nil }
            isOver = true
            guard deframer?.holdsPartialMessage == true else { return .end }
            return .failure(RPCStatus(.internal, "the stream ended in the middle of a message"))
        }
        return nil
    }

    private mutating func takeWaiting() -> ByteBuffer? {
        guard let chunk = first else { return nil }
        first = waiting?.popFirst()
        if waiting?.isEmpty == true { waiting = nil }
        waitingBytes -= chunk.readableBytes
        consumedBytes += chunk.readableBytes
        return chunk
    }
}

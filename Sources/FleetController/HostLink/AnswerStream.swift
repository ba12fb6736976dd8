import Fleet
import FleetProtocol
import NIOCore
import RPCTransport

/// One `Answer` call of a host: read only as fast as whoever asked takes it.
///
/// Confined to the connection's event loop.
final class AnswerStream: RPCServerStreamHandler {
    private let hostID: String
    private let requests: HostRequests
    private let stream: RPCServerStream
    private var feed: HostAnswerFeed?
    private var isOver = false
    /// What is waited for at most: the host's next word, or the reader.
    private var timer: Scheduled<Void>?

    init(hostID: String, requests: HostRequests, stream: RPCServerStream) {
        self.hostID = hostID
        self.requests = requests
        self.stream = stream
    }

    func received(message: ByteBuffer) {
        guard !isOver else { return }
        let chunk: WireAnswerChunk
        do {
            chunk = try WireAnswerChunk(buffer: message)
        } catch {
            return refuse(RPCStatus(.invalidArgument, error.description))
        }
        guard chunk.data.count <= WireAnswerChunk.limit else {
            return refuse(RPCStatus(.resourceExhausted, "a chunk holds at most \(WireAnswerChunk.limit) bytes"))
        }
        let isFirst = feed == nil
        guard let feed = feed ?? opened(chunk) else {
            isOver = true
            return stream.finish(RPCStatus(.cancelled, "nobody waits for this answer any more"))
        }
        if let refusal = chunk.refusal {
            end(ControllerError(.conflict, "cannot \(feed.what): \(refusal)", meaning: .hostRefused))
        } else if !chunk.data.isEmpty || !(chunk.end || isFirst) {
            put(ByteBuffer(bytes: chunk.data), into: feed)
        }
        if chunk.end, !isOver { end(nil) }
    }

    func receivedEnd() {
        if !isOver { end(feed?.lost) }
        stream.send(message: WireAnswerReceived().buffer())
        stream.finish()
    }

    func closed(reason: RPCStatus?) {
        if !isOver { end(feed?.lost) }
        feed?.closed()
    }

    /// The first chunk says what is answered, and may say at once that it is refused.
    private func opened(_ chunk: WireAnswerChunk) -> HostAnswerFeed? {
        guard let feed = requests.feed(chunk.requestID, from: hostID) else { return nil }
        self.feed = feed
        // The host hears that its connection lives, and reads on.
        stream.sendHeaders()
        if chunk.refusal == nil {
            let (bound, loop) = (NIOLoopBound(self, eventLoop: stream.eventLoop), stream.eventLoop)
            feed.opened { loop.execute { bound.value.wanted() } }
        }
        return feed
    }

    private func put(_ piece: ByteBuffer, into feed: HostAnswerFeed) {
        switch feed.take(piece) {
        case true?: wait(requests.limits.silence) { $0.silent() }
        case false?:
            stream.pauseReading()
            wait(requests.limits.unread) { $0.unread() }
        case nil: refuse(RPCStatus(.cancelled, "nobody waits for this answer any more"))
        }
    }

    private func wanted() {
        guard !isOver else { return }
        wait(requests.limits.silence) { $0.silent() }
        stream.resumeReading()
    }

    private func silent() {
        guard let feed else { return }
        let host = feed.host
        refuse(
            RPCStatus(.deadlineExceeded, "nothing was heard for a while"),
            telling: ControllerError(
                .unavailable,
                "cannot \(feed.what) any further: host '\(host)' has been silent for "
                    + "\(requests.limits.silence)",
                hint: "it may be dead or cut off: see 'muster describe host \(host)', and ask again",
                meaning: .hostSilent
            )
        )
    }

    private func unread() {
        guard let feed else { return }
        refuse(
            RPCStatus(.cancelled, "whoever asked takes nothing any more"),
            telling: ControllerError(
                .conflict,
                "cannot \(feed.what) any further: nothing was taken for "
                    + "\(requests.limits.unread), and others wait their turn",
                hint: "ask again, and let the output go to a file where it is to wait",
                meaning: .nothingTaken
            )
        )
    }

    private func wait(_ span: Span, then act: @escaping @Sendable (AnswerStream) -> Void) {
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: stream.eventLoop)
        timer = stream.eventLoop.scheduleTask(in: .milliseconds(span.milliseconds)) { act(bound.value) }
    }

    /// Takes nothing more of the host.
    private func refuse(_ status: RPCStatus, telling error: (any Error)? = nil) {
        guard !isOver else { return }
        end(error ?? feed?.lost)
        stream.finish(status)
    }

    private func end(_ error: (any Error)?) {
        isOver = true
        timer?.cancel()
        guard let feed else { return }
        feed.end(error)
        requests.forget(feed)
    }
}

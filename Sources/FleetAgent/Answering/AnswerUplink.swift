import DaemonKit
import Fleet
import FleetProtocol
import NIOCore
import RPCTransport

/// Opens `Answer` streams on the bulk connection.
struct AnswerUplink: Sendable {
    let bulk: BulkConnection
    let time: TimeSource
    /// How long the controller may take to say that it takes the rest: it gives up waiting for an answer then.
    var patience = Span.seconds(10)

    /// Answers one request: what is prepared is sent, or why it cannot be.
    ///
    /// - Parameters:
    ///   - prepare: throws `AgentError` where there is nothing to send.
    ///   - pump: sends it, no faster than it is taken; throws `AgentError` where it cannot go on.
    /// - Throws: `RPCStatus` when nobody takes it any more.
    func carry<Value: Sendable>(
        _ id: String,
        prepare: @Sendable () async throws -> Value,
        pump: @Sendable (Value, RPCDuplex) async throws -> Void
    ) async throws {
        var first = WireAnswerChunk()
        first.requestID = id
        var value: Value?
        do {
            value = try await prepare()
        } catch let error as AgentError {
            first.error = error.message
            first.end = true
        }
        let duplex = try await open(first)
        let prepared = value
        try await withTaskCancellationHandler {
            if let prepared {
                var last = WireAnswerChunk()
                last.end = true
                do {
                    try await pump(prepared, duplex)
                } catch let error as AgentError {
                    last.error = error.message
                }
                try await duplex.send(last.buffer())
            }
            duplex.finishSending()
            // What was sent is on its way until the controller has answered.
            for try await _ in duplex.inbound {}
        } onCancel: {
            duplex.cancel()
        }
    }

    /// Sends a first chunk; returns when the controller takes what follows.
    ///
    /// - Throws: `RPCStatus`, when nobody waits for it or the controller is not reached.
    private func open(_ first: WireAnswerChunk) async throws -> RPCDuplex {
        do {
            return try await begin(first)
        } catch let status as RPCStatus where status.code == .unavailable {
            try Task.checkCancellation()
            // The connection may have gone while nobody used it; a new one tells whether the controller has.
            return try await begin(first)
        }
    }

    private func begin(_ first: WireAnswerChunk) async throws -> RPCDuplex {
        let connection = try await bulk.open()
        do {
            let duplex = try await connection.openStream(path: LinkMethod.answer)
            try await duplex.send(first.buffer())
            try await awaitHead(of: duplex)
            return duplex
        } catch let status as RPCStatus {
            // Nothing else is a reason to cut what else the connection carries, such as a fetch that fills a slow link.
            if status.code == .unavailable { bulk.forget(connection) }
            throw status
        }
    }

    /// A head is awaited until its call is over.
    private func awaitHead(of duplex: RPCDuplex) async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [time, patience] in
                    if (try? await time.sleep(patience)) != nil { duplex.cancel() }
                }
                defer { group.cancelAll() }
                _ = try await duplex.head()
            }
        } onCancel: {
            duplex.cancel()
        }
    }
}

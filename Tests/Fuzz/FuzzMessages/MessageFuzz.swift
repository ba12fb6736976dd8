import Fleet
import FleetProtocol
import NIOCore
import RPCTransport

/// Gives a stream of gRPC messages whatever bytes a peer could send, cut wherever it could cut them, reads what comes out as each
/// of the link's messages, and checks what the rest relies on: cuts change nothing, whoever is slow is given no more than he
/// takes, and what was understood is written so that it is understood as the same.
///
/// The input's first byte chooses: an even one, a stream of pieces that each begin with their own length; an odd one, one message.
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum MessageFuzz {
    private static let limit = 1000

    package static func run(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let rest = Array(input.dropFirst())
        guard first & 1 == 0 else { return WireFuzz.check(ByteBuffer(bytes: rest)) }
        var pieces: [ArraySlice<UInt8>] = []
        var left = rest[...]
        while let length = left.popFirst() {
            pieces.append(left.prefix(Int(length)))
            left = left.dropFirst(Int(length))
        }
        let whole = pieces.flatMap { Array($0) }
        let cut = read(pieces, pauses: first & 2 != 0)
        precondition(cut == read([whole[...]], pauses: false), "cuts change what is read")
        for message in cut.messages { WireFuzz.check(message) }
    }

    private struct Outcome: Equatable {
        var messages: [ByteBuffer] = []
        var failure: RPCStatus?
    }

    private static func read(_ pieces: [ArraySlice<UInt8>], pauses: Bool) -> Outcome {
        var body = RPCInboundBody(maximumMessageBytes: limit)
        var outcome = Outcome()
        var given = 0
        var consumed = 0
        for piece in pieces {
            body.isPaused = pauses && !piece.isEmpty
            body.append(ByteBuffer(bytes: piece))
            given += piece.count
            precondition(!body.isPaused || body.next() == nil, "a reader that rests is given something")
            body.isPaused = false
            take(&body, &outcome)
            consumed += body.takeConsumed()
            precondition(consumed + body.waitingBytes == given, "bytes are given back twice, or never")
        }
        body.end()
        take(&body, &outcome)
        precondition(body.isOver && body.next() == nil, "a stream that has ended goes on")
        return outcome
    }

    private static func take(_ body: inout RPCInboundBody, _ outcome: inout Outcome) {
        while let delivery = body.next() {
            precondition(outcome.failure == nil, "something follows a failure")
            switch delivery {
            case .message(let message):
                precondition(message.readableBytes <= limit, "a message above the limit")
                outcome.messages.append(message)
            case .failure(let status): outcome.failure = status
            case .end: break
            }
        }
    }
}

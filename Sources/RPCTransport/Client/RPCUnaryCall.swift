import NIOCore

/// Collects the one message of a unary call. Confined to the event loop.
final class RPCUnaryCall: RPCClientStreamHandler {
    private let promise: EventLoopPromise<ByteBuffer>
    private var message: ByteBuffer?

    init(_ promise: EventLoopPromise<ByteBuffer>) {
        self.promise = promise
    }

    func received(message: ByteBuffer) {
        self.message = message
    }

    func finished(_ status: RPCStatus, trailers: RPCMetadata) {
        guard status.code == .ok else { return promise.fail(status) }
        guard let message else { return promise.fail(RPCStatus(.internal, "the server answered ok without a message")) }
        promise.succeed(message)
    }
}

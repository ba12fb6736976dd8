/// The outcome of a call as gRPC's wire format carries it in `grpc-status` and `grpc-message`, and the error of this layer.
package struct RPCStatus: Error, Sendable, Hashable {
    /// What kind of outcome it is; a peer may act on it.
    package var code: Code
    /// Text for a person: what failed, where, why and what to do next. Empty for `ok`.
    package var message: String

    package init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// Success, without a message.
    package static let ok = RPCStatus(.ok)

    /// Any error as a status: a status stays itself, whatever else becomes `unknown` with its description.
    package init(describing error: any Error) {
        self = (error as? RPCStatus) ?? RPCStatus(.unknown, String(describing: error))
    }
}

extension RPCStatus: CustomStringConvertible {
    package var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }
}

extension RPCStatus {
    /// The 17 status codes (github.com/grpc/grpc, `doc/statuscodes.md`); the raw value is the number on the wire.
    package enum Code: Int, Sendable, Hashable, CaseIterable {
        case ok = 0
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }
}

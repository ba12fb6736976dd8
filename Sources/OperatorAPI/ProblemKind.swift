import Fleet
import FleetController
import Hummingbird

/// Every kind of problem that the API answers, with its HTTP status: the only place where a status of an error is chosen.
enum ProblemKind: String, CaseIterable {
    case invalid
    case malformed
    case unauthenticated
    case forbidden
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case conflict
    case removalNotAllowed = "removal-not-allowed"
    case tooLarge = "too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case rateLimited = "rate-limited"
    case overloaded
    case unavailable
    case `internal`

    /// The kind of a controller's error.
    init(_ code: ControllerError.Code) {
        self =
            switch code {
            case .invalid: .invalid
            case .unauthenticated: .unauthenticated
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .conflict: .conflict
            case .removalNotAllowed: .removalNotAllowed
            case .overloaded: .overloaded
            case .unavailable: .unavailable
            case .internal: .internal
            }
    }

    /// The word for what is said no more exactly.
    var code: MessageCode {
        switch self {
        case .invalid: .invalid
        case .malformed: .malformed
        case .unauthenticated: .unauthenticated
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .removalNotAllowed: .removalNotAllowed
        case .tooLarge: .tooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .rateLimited: .rateLimited
        case .overloaded: .overloaded
        case .unavailable: .unavailable
        case .internal: .internal
        }
    }

    /// RFC 9110 §15.
    var status: HTTPResponse.Status {
        switch self {
        case .invalid: .unprocessableContent
        case .malformed: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict, .removalNotAllowed: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .rateLimited: .tooManyRequests
        case .overloaded, .unavailable: .serviceUnavailable
        case .internal: .internalServerError
        }
    }

    /// The same for every problem of the kind (RFC 9457 §3.1.3).
    var title: String {
        switch self {
        case .invalid: "not valid"
        case .malformed: "not readable"
        case .unauthenticated: "not logged in"
        case .forbidden: "not allowed"
        case .notFound: "not found"
        case .methodNotAllowed: "not possible here"
        case .conflict: "conflict"
        case .removalNotAllowed: "removal not allowed"
        case .tooLarge: "too large"
        case .unsupportedMediaType: "not the expected type"
        case .rateLimited: "too often"
        case .overloaded: "too busy"
        case .unavailable: "not available"
        case .internal: "the controller failed"
        }
    }
}

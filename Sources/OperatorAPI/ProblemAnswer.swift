import Fleet
import FleetController
import FleetManifest
import Hummingbird
import NIOCore

/// A problem document (RFC 9457) with its status: every refusal becomes one here, in one place.
struct ProblemAnswer: Error {
    let document: ProblemDocument

    init(
        _ type: String,
        _ status: HTTPResponse.Status,
        _ title: String,
        hint: String? = nil,
        errors: [ProblemDocument.Detail]? = nil
    ) {
        document = ProblemDocument(type: type, title: title, status: status.code, hint: hint, errors: errors)
    }

    static var unauthenticated: ProblemAnswer {
        ProblemAnswer(
            "unauthenticated",
            .unauthorized,
            "a bearer token is needed",
            hint: "log in: muster login URL --credentials FILE"
        )
    }

    /// What is wrong with a body.
    static func invalid(_ title: String, problems: [ManifestProblem]) -> ProblemAnswer {
        ProblemAnswer(
            "invalid",
            .unprocessableContent,
            title,
            hint: "nothing was changed; correct what is named and send it again",
            errors: problems.map { .init(pointer: $0.path.pointer, detail: $0.message, hint: $0.hint) }
        )
    }

    /// Names whatever was thrown.
    init(_ error: any Error) {
        switch error {
        case let answer as ProblemAnswer: self = answer
        case let error as ControllerError: self.init(error)
        case is NIOTooManyBytesError:
            self.init(
                "too-large",
                .contentTooLarge,
                "the body has more than \(ManifestLimits.bytes) bytes",
                hint: "send fewer documents at once"
            )
        case let error as HTTPError where error.status == .notFound:
            self.init(
                "not-found",
                .notFound,
                "there is no such resource",
                hint: "Protocols/openapi.yaml lists what there is; compare the versions of muster and the controller"
            )
        case let error as HTTPError:
            self.init("refused", error.status, error.body ?? error.status.reasonPhrase)
        default:
            self.init(
                "internal",
                .internalServerError,
                "the controller failed",
                hint: "its log says why; what was sent may be sent again"
            )
        }
    }

    private init(_ error: ControllerError) {
        let (type, status): (String, HTTPResponse.Status) =
            switch error.code {
            case .invalid: ("invalid", .unprocessableContent)
            case .unauthenticated: ("unauthenticated", .unauthorized)
            case .notFound: ("not-found", .notFound)
            case .conflict: ("conflict", .conflict)
            case .removalNotAllowed: ("removal-not-allowed", .conflict)
            case .overloaded: ("overloaded", .tooManyRequests)
            case .unavailable: ("unavailable", .serviceUnavailable)
            case .internal: ("internal", .internalServerError)
            }
        let errors = error.problems.map { document, problem in
            ProblemDocument.Detail(
                pointer: "/documents/\(document)\(problem.path.pointer)",
                detail: problem.message,
                hint: problem.hint
            )
        }
        self.init(type, status, error.message, hint: error.hint, errors: errors.isEmpty ? nil : errors)
    }

    /// The response that says it.
    var response: Response {
        let status = HTTPResponse.Status(code: document.status)
        var response = JSONAnswer.response(document, status: status)
        response.headers[.contentType] = "application/problem+json"
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        if status == .tooManyRequests || status == .serviceUnavailable { response.headers[.retryAfter] = "2" }
        return response
    }
}

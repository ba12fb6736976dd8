import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// Why a request is not answered as it was meant.
struct APIError: Error {
    /// What kind of problem; it decides the status.
    var kind: ProblemKind
    /// What kind of problem, more exactly.
    var code: MessageCode
    /// What failed, where and why.
    var message: String
    /// What to do next.
    var hint: String?
    /// Everything that is wrong with the body.
    var details: [ProblemDocument.Detail] = []
    /// What the kind of problem needs besides: `allow`, `www-authenticate`, `retry-after`.
    var headers = HTTPFields()
    /// What lies below; logged, not answered.
    var cause: (any Error)?

    init(
        _ kind: ProblemKind,
        _ message: String,
        hint: String? = nil,
        details: [ProblemDocument.Detail] = [],
        code: MessageCode? = nil
    ) {
        self.kind = kind
        self.code = code ?? kind.code
        self.message = message
        self.hint = hint
        self.details = details
        if kind == .overloaded || kind == .unavailable { headers[.retryAfter] = "2" }
        if kind == .unauthenticated { headers[.wwwAuthenticate] = #"Bearer realm="muster""# }
    }

    /// What is wrong with a body; the problems' paths begin at its root.
    init(body problems: [ManifestProblem]) {
        self.init(
            .invalid,
            problems.count == 1 ? "the body has 1 problem" : "the body has \(problems.count) problems",
            hint: "nothing was changed; correct what is named and send it again",
            details: problems.prefix(ManifestLimits.problems).map { Self.detail(of: $0) }
        )
    }

    private static func detail(of problem: ManifestProblem, below pointer: String = "") -> ProblemDocument.Detail {
        .init(
            pointer: pointer + problem.path.pointer,
            detail: problem.message,
            hint: problem.hint,
            purpose: problem.purpose
        )
    }

    /// Names whatever was thrown.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as ControllerError:
            self.init(
                ProblemKind(error.code),
                error.message,
                hint: error.hint,
                details: error.problems.prefix(ManifestLimits.problems).map { document, problem in
                    Self.detail(of: problem, below: "/documents/\(document)")
                }
            )
            code = error.meaning ?? code
            cause = error.cause ?? (error.code == .internal ? error : nil)
        case is CancellationError:
            self.init(.unavailable, "the controller is stopping", hint: "ask again when it has started")
        default:
            self.init(.internal, "the request was not answered because of an error inside the controller")
            hint = "its log says why, under the request's id; what was sent may be sent again"
            cause = error
        }
    }

    /// RFC 9457.
    var document: ProblemDocument {
        ProblemDocument(
            type: kind.rawValue,
            code: code.rawValue,
            title: kind.title,
            status: kind.status.code,
            detail: message,
            hint: hint,
            errors: details.isEmpty ? nil : details
        )
    }
}

import FleetController
import Hummingbird

/// Finds out who asks, by the bearer token. Today every operator is an `admin`; another role is refused.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = OperatorContext

    /// What anybody may ask: the authority's certificate is public, and compared with a pin.
    static let open: Set<String> = ["/v1/authority"]

    let operations: FleetOperations

    @concurrent func handle(
        _ request: Request,
        context: OperatorContext,
        next: @concurrent (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        if Self.open.contains(request.uri.path) { return try await next(request, context) }
        guard let header = request.headers[.authorization],
            let token = Self.bearer(in: header)
        else {
            throw ProblemAnswer.unauthenticated
        }
        let identity = try await operations.identify(bearer: token)
        guard identity.role == "admin" else {
            throw ProblemAnswer(
                "forbidden",
                .forbidden,
                "the role '\(identity.role)' of \(identity.name) may not use this API yet",
                hint: "use a token of the role 'admin'"
            )
        }
        var context = context
        context.identity = identity
        return try await next(request, context)
    }

    /// The token of `Bearer TOKEN` (RFC 6750); the scheme's case does not matter.
    static func bearer(in header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

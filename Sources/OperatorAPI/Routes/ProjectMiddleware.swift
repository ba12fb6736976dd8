import Hummingbird

/// Lets only the project through that exists.
struct ProjectMiddleware: RouterMiddleware {
    typealias Context = OperatorContext

    @concurrent func handle(
        _ request: Request,
        context: OperatorContext,
        next: @concurrent (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        guard context.parameters.get("project") == "default" else {
            throw ProblemAnswer(
                "not-found",
                .notFound,
                "there is no project '\(context.parameters.get("project") ?? "")'",
                hint: "projects beyond 'default' are not built yet"
            )
        }
        return try await next(request, context)
    }
}

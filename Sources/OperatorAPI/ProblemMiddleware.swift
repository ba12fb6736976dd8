import Fleet
import Hummingbird
import Logging

/// Turns every error into a problem document, and logs those that are the controller's own.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = OperatorContext

    @concurrent func handle(
        _ request: Request,
        context: OperatorContext,
        next: @concurrent (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as CancellationError {
            throw error
        } catch {
            let answer = ProblemAnswer(error)
            if answer.document.status >= 500 {
                let facts: Logger.Metadata = [
                    "method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)",
                ]
                context.logger.error("operator request failed", metadata: facts)
            }
            return answer.response
        }
    }
}

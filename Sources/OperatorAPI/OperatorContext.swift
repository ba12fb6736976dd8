import FleetController
import Hummingbird
import Logging
import NIOCore

/// What a request carries through the middlewares.
struct OperatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who asks; `nil` before authentication and on the routes that need none.
    var identity: OperatorIdentity?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// Who asks, on a route that needs somebody.
    func operatorIdentity() throws -> OperatorIdentity {
        guard let identity else { throw ProblemAnswer.unauthenticated }
        return identity
    }
}

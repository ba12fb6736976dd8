import Fleet
import Hummingbird

/// Every operation of the API. `Protocols/openapi.yaml` describes the same ones; a test compares the two.
struct RouteTable: Sendable {
    /// Where a project's operations begin.
    static let project = "/v1/projects/{project}"

    let routes: [Route]

    /// - Parameter authorityPEM: what anybody may fetch and compare with a pin.
    init(authorityPEM: String) {
        let authority = Route(
            .get,
            "/v1/authority",
            handler: .open {
                RouteAnswer(
                    headers: [.contentType: "application/pem-certificate-chain"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: authorityPEM))
                )
            }
        )
        routes =
            [authority] + ControllerRoutes.all + ReadingRoutes.all + ChangingRoutes.all + RolloutRoutes.all
            + RollbackRoutes.all + ServingRoutes.all + AccessRoutes.all + LabelRoutes.all + BlobRoutes.all
            + WatchingRoutes.all + HostRequestRoutes.all
    }

    /// What reads the JSON bodies of all operations.
    static let readers: [(route: String, check: @Sendable ([UInt8]) -> JSONBodyVerdict)] =
        RouteTable(authorityPEM: "").routes.flatMap { route in
            route.readers.map { ("\(route.method) \(route.template)", $0) }
        }

    /// The operation that a request means, with the path's variables.
    ///
    /// - Throws: `APIError`: `notFound` with the nearest right word, `methodNotAllowed` with what is allowed.
    func find(_ method: HTTPRequest.Method, _ path: String) throws -> (route: Route, variables: [String: String]) {
        let segments = try path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            guard let text = PercentEncoding.decoded(segment) else {
                throw APIError(.notFound, "the path has a wrong escape in '\(segment)'", hint: "write % as %25")
            }
            return text
        }
        var allowed: [String] = []
        for route in routes {
            guard let variables = route.match(segments) else { continue }
            if route.method == method { return (route, variables) }
            allowed.append(route.method.rawValue)
        }
        guard allowed.isEmpty else {
            let list = allowed.joined(separator: ", ")
            var error = APIError(.methodNotAllowed, "\(method) is not possible on \(path)", hint: "possible: \(list)")
            error.headers[.allow] = list
            throw error
        }
        let slips = routes.compactMap { $0.word(insteadOfOneIn: segments) }
        let nearest = slips.lazy.compactMap { NearestName.of($0.wrong, among: [$0.right]) }.first
        throw APIError(
            .notFound,
            "there is nothing at \(path)",
            hint: nearest.map { "did you mean '\($0)'?" }
                ?? "Protocols/openapi.yaml lists what there is; compare the versions of muster and the controller"
        )
    }
}

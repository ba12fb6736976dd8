import Fleet
import FleetController
import FleetManifest
import Hummingbird
import Logging

/// A request that has been let in: who asks, for what.
struct RouteCall {
    let operations: FleetOperations
    let streams: EventStreams
    let hostTexts: HostTexts
    var identity: OperatorIdentity
    /// The path's variables, decoded.
    let parameters: [String: String]
    let query: QueryParameters
    let headers: HTTPFields
    let body: IncomingBody
    /// Its lines carry the request's id.
    let logger: Logger

    /// A variable of the path.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// Reads the body.
    ///
    /// - Throws: `APIError`: `unsupportedMediaType`, `tooLarge`, `malformed`, or `invalid` with everything that is wrong.
    @concurrent func read<Value>(_ wanted: JSONBody<Value>) async throws -> Value {
        let type = headers[.contentType] ?? ""
        guard type.split(separator: ";").first?.lowercased() == "application/json" else {
            throw APIError(
                .unsupportedMediaType,
                type.isEmpty ? "the body's type is not said" : "the body's type is '\(type)'",
                hint: "send content-type: application/json"
            )
        }
        let bytes = try await body.collect(limit: ManifestLimits.bytes)
        let reading = wanted.reading(of: bytes.readableBytesView)
        guard reading.isJSON else {
            let problem = reading.problems.first
            throw APIError(.malformed, problem?.message ?? "the body is not JSON", hint: problem?.hint)
        }
        guard let value = reading.value else { throw APIError(body: reading.problems) }
        return value
    }
}

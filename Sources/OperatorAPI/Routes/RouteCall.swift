import Fleet
import FleetController
import FleetManifest
import Hummingbird
import Logging

/// A request that has been let in: who asks, for what.
struct RouteCall {
    let operations: FleetOperations
    let streams: EventStreams
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

    /// Reads the body: one JSON object with these keys. `read` answers `nil` when it reported a problem.
    ///
    /// - Throws: `APIError`: `unsupportedMediaType`, `tooLarge`, `malformed`, or `invalid` with everything that is wrong.
    @concurrent func read<Value>(
        _ keys: ObjectKeys,
        _ read: (inout ObjectReader) -> Value?
    ) async throws -> Value {
        let type = headers[.contentType] ?? ""
        guard type.split(separator: ";").first?.lowercased() == "application/json" else {
            throw APIError(
                .unsupportedMediaType,
                type.isEmpty ? "the body's type is not said" : "the body's type is '\(type)'",
                hint: "send content-type: application/json"
            )
        }
        let bytes = try await body.collect(limit: ManifestLimits.bytes)
        let reading = JSONTextReader.read(bytes.readableBytesView)
        guard let root = reading.root else {
            let problem = reading.problems.first
            throw APIError(.malformed, problem?.message ?? "the body is not JSON", hint: problem?.hint)
        }
        var reader = ObjectReader(root, at: ManifestPath(), keys: keys)
        let value = read(&reader)
        let problems = reading.problems + reader.problems
        guard problems.isEmpty, let value else { throw APIError(body: problems) }
        return value
    }
}

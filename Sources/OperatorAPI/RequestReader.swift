import Fleet
import FleetManifest
import Hummingbird
import NIOCore

/// Reads what a request says, strictly: an unknown key or parameter is an error, as in a manifest.
enum RequestReader {
    /// Reads a JSON object of at most `ManifestLimits.bytes`; `read` answers `nil` when it reported a problem.
    static func body<Value>(
        of request: Request,
        keys: ObjectKeys,
        read: (inout ObjectReader, ManifestNode) throws -> Value?
    ) async throws -> Value {
        let type = request.headers[.contentType] ?? ""
        guard type.split(separator: ";").first?.lowercased() == "application/json" else {
            throw ProblemAnswer(
                "unsupported-media-type",
                .unsupportedMediaType,
                "the body's type is '\(type)'",
                hint: "send content-type: application/json"
            )
        }
        let buffer = try await request.body.collect(upTo: ManifestLimits.bytes)
        let reading = JSONTextReader.read(buffer.readableBytesView)
        guard let root = reading.root else {
            throw ProblemAnswer("malformed", .badRequest, reading.problems.first?.description ?? "the body is not JSON")
        }
        var reader = ObjectReader(root, at: ManifestPath(), keys: keys)
        let value = try read(&reader, root)
        let problems = reading.problems + reader.problems
        guard problems.isEmpty, let value else {
            throw ProblemAnswer.invalid("the body has \(problems.count) problem(s)", problems: problems)
        }
        return value
    }

    /// The query's parameters; only these may be given, each once.
    static func query(of request: Request, accepted: [String]) throws -> [String: String] {
        var parameters: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            let name = String(key)
            guard accepted.contains(name) else {
                let nearest = NearestName.of(name, among: accepted).map { "did you mean '\($0)'? " } ?? ""
                let known = accepted.isEmpty ? "none is accepted here" : "accepted: \(accepted.joined(separator: ", "))"
                throw ProblemAnswer(
                    "invalid",
                    .badRequest,
                    "unknown query parameter '\(name)'",
                    hint: nearest + known
                )
            }
            guard parameters.updateValue(String(value), forKey: name) == nil else {
                throw ProblemAnswer("invalid", .badRequest, "the query parameter '\(name)' is given twice")
            }
        }
        return parameters
    }

    /// `labelSelector`, if it is there.
    static func selector(of request: Request) throws -> LabelSelector? {
        guard let text = try query(of: request, accepted: ["labelSelector"])["labelSelector"] else { return nil }
        do throws(LabelSelector.Problem) {
            return try LabelSelector(text)
        } catch {
            throw ProblemAnswer(
                "invalid",
                .badRequest,
                "the labelSelector '\(text)' is not one: \(error.message), at character \(error.offset + 1)",
                hint: "write it like env=prod,site in (lyon,ulm)"
            )
        }
    }

    /// A parameter that says `true` or `false`; absent is `false`.
    static func flag(_ name: String, in query: [String: String]) throws -> Bool {
        switch query[name] {
        case nil, "false": false
        case "true": true
        case let other?:
            throw ProblemAnswer("invalid", .badRequest, "\(name) is '\(other)'", hint: "write true or false")
        }
    }
}

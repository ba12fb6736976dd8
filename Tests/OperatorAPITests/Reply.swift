import Fleet
import Foundation

/// What curl got as an answer.
struct Reply: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: Data
    /// curl's own exit code: 0 when it got an answer.
    var exit: Int32
    /// What curl said about a failure.
    var complaint: String

    /// The body as JSON.
    func json() throws -> JSONValue { try JSONDecoder().decode(JSONValue.self, from: body) }

    /// The body as a view.
    func view<View: Decodable>(_ type: View.Type) throws -> View { try JSONDecoder().decode(type, from: body) }

    /// The body as a problem.
    func problem() throws -> ProblemDocument { try view(ProblemDocument.self) }
}

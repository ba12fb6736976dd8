import Fleet
import FleetTestSupport
import Testing

@testable import OperatorAPI

/// The page of the reference about the operator API: the router's own list, with what `openapi.yaml` says, and the roles of
/// `RoleTests`.
@Suite struct APIReferenceTests {
    @Test func operations() throws {
        let description = try APIDescription()
        let routes = RouteTable(authorityPEM: "").routes
        let rows = try routes.map { route in
            let operation = try Self.operation(route, in: description)
            return
                "| `\(route.method) \(route.template)` | \(Self.role(of: route)) | \(Self.escaped(operation["summary"]?.text ?? "")) |"
        }
        let table = "| operation | role | what it does |\n| --- | --- | --- |\n" + rows.joined(separator: "\n")
        let sections = try routes.map { try Self.section($0, in: description) }
        let key = description.root["components"]?["parameters"]?["IdempotencyKey"]?["description"]?.text ?? ""
        let text =
            ([Self.head, "`idempotency-key`, a header: \(Self.escaped(key))", table] + sections)
            .joined(separator: "\n\n") + "\n"
        #expect(try ReferencePage("APIReference", says: text).problem == nil)
    }

    private static let head = """
        # Operator API

        Every operation: who may ask, what it takes, what it answers. `Protocols/openapi.yaml` has the same for programs.

        ## Overview

        JSON over HTTPS (TLS 1.3) on the controller's operator port, with `authorization: Bearer TOKEN`. `{project}` is `default`. A key or a
        parameter that is not listed is refused. Errors are problem documents (RFC 9457); their `code` is a word of
        <doc:MessageReference>. A role may do what the roles before it may: `viewer`, `oncall`, `operator`, `admin`.
        """

    private static func operation(_ route: Route, in description: APIDescription) throws -> JSONValue {
        try #require(description.root["paths"]?[route.template]?["\(route.method)".lowercased()])
    }

    private static func role(of route: Route) -> String {
        RoleTests.least["\(route.method) \(route.template)"].map { "`\($0.rawValue)`" } ?? "none; anybody"
    }

    private static func section(_ route: Route, in description: APIDescription) throws -> String {
        let path = description.root["paths"]?[route.template] ?? .null
        let operation = try operation(route, in: description)
        var lines = [
            "## \(route.method) \(route.template)", sentence(operation["summary"]?.text ?? ""),
            "Role: \(role(of: route)).",
        ]
        if let more = operation["description"]?.text { lines.append(escaped(more)) }
        let parameters = (path["parameters"]?.elements ?? []) + (operation["parameters"]?.elements ?? [])
        let names = parameters.map { APIDescription.resolve($0, in: description.root)["name"]?.text ?? "" }
        // Said once, at the top.
        if names.contains("idempotency-key") { lines.append("Takes `idempotency-key`.") }
        let rows = zip(names, parameters).filter { !["project", "idempotency-key"].contains($0.0) }
            .map { parameter(APIDescription.resolve($0.1, in: description.root), in: description) }
        if !rows.isEmpty {
            lines.append("| parameter | in | what it is |\n| --- | --- | --- |\n" + rows.joined(separator: "\n"))
        }
        if let body = operation["requestBody"] { lines.append(self.body(body, in: description)) }
        let answers = operation["responses"]?.members.filter { $0.key.hasPrefix("2") || $0.key.hasPrefix("3") } ?? [:]
        for (status, answer) in answers.sorted(by: { $0.key < $1.key }) {
            let answer = APIDescription.resolve(answer, in: description.root)
            let types = answer["content"]?.members.map { media(type: $0.key, $0.value) }.sorted() ?? []
            let what = types.isEmpty ? "" : ", \(types.joined(separator: " or "))"
            lines.append("Answers \(status)\(what): \(sentence(answer["description"]?.text ?? ""))")
        }
        return lines.joined(separator: "\n\n")
    }

    private static func parameter(_ parameter: JSONValue, in description: APIDescription) -> String {
        let name = parameter["name"]?.text ?? ""
        let needed = parameter["required"] == .boolean(true) && parameter["in"]?.text == "query" ? " (needed)" : ""
        let schema = APIDescription.resolve(parameter["schema"] ?? .null, in: description.root)
        let words = schema["enum"]?.elements.compactMap(\.text).map { "`\($0)`" }.joined(separator: " or ")
        let told = [parameter["description"]?.text ?? schema["description"]?.text, words].compactMap { $0 }
        return "| `\(name)`\(needed) | \(parameter["in"]?.text ?? "") | \(escaped(told.joined(separator: "; "))) |"
    }

    private static func body(_ body: JSONValue, in description: APIDescription) -> String {
        let contents = body["content"]?.members.sorted { $0.key < $1.key } ?? []
        return contents.map { type, media in
            let schema = APIDescription.resolve(media["schema"] ?? .null, in: description.root)
            let required = Set(schema["required"]?.elements.compactMap(\.text) ?? [])
            let rows = (schema["properties"]?.members ?? [:]).sorted { $0.key < $1.key }.map { name, property in
                let property = APIDescription.resolve(property, in: description.root)
                let type = property["type"]?.text ?? (property["oneOf"] == nil ? "any" : "one of several")
                let told = escaped(property["description"]?.text ?? "")
                return "| `\(name)`\(required.contains(name) ? " (needed)" : "") | \(type) | \(told) |"
            }
            let head = "Body: \(self.media(type: type, media))."
            guard !rows.isEmpty else { return head }
            return head + "\n\n| key | type | what it is |\n| --- | --- | --- |\n" + rows.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    private static func media(type: String, _ media: JSONValue) -> String {
        let name = media["schema"]?["$ref"]?.text?.split(separator: "/").last.map { " (`\($0)`)" } ?? ""
        return "`\(type)`\(name)"
    }

    private static func sentence(_ text: String) -> String {
        let text = escaped(text)
        return text.hasSuffix(".") || text.isEmpty ? text : text + "."
    }

    /// For a cell of a table too: what stands between backticks is code, and stays.
    private static func escaped(_ text: String) -> String {
        var isCode = false
        return String(
            text.replacing("\n", with: " ").flatMap { character -> [Character] in
                if character == "`" { isCode.toggle() }
                return character == "|" || (!isCode && "<>*[]_".contains(character)) ? ["\\", character] : [character]
            }
        )
    }
}

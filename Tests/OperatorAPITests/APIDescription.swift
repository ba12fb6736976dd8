import Fleet
import Foundation

@testable import FleetManifest

/// `Protocols/openapi.yaml`, and whether answers are as it says.
struct APIDescription: Sendable {
    /// What it says of one operation.
    struct Operation: Sendable {
        let method: String
        let template: String
        let query: Set<String>
        let hasBody: Bool
        let isOpen: Bool
        let responses: JSONValue
    }

    /// `Protocols`.
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Protocols")

    let root: JSONValue
    let operations: [Operation]

    init() throws {
        let file = Self.directory.appendingPathComponent("openapi.yaml")
        let reading = YAMLTextReader.read(Array(try Data(contentsOf: file)), file: "openapi.yaml")
        guard reading.problems.isEmpty, let document = reading.documents.first else {
            throw ManifestProblem("\(reading.problems)")
        }
        let root = document.jsonValue
        self.root = root
        operations = (root["paths"]?.members ?? [:]).flatMap { template, item in
            item.members.filter { $0.key != "parameters" }.map { method, operation in
                let parameters = (operation["parameters"]?.elements ?? []).map { Self.resolve($0, in: root) }
                return Operation(
                    method: method.uppercased(),
                    template: template,
                    query: Set(parameters.filter { $0["in"]?.text == "query" }.compactMap { $0["name"]?.text }),
                    hasBody: operation["requestBody"] != nil,
                    isOpen: operation["security"] == .array([]),
                    responses: operation["responses"] ?? .null
                )
            }
        }
    }

    /// What an answer has that the description does not, or the reverse.
    func problems(with reply: Reply, to method: String, path: String?) -> [String] {
        let path = (path ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard reply.exit == 0,
            let operation = operations.first(where: { operation in
                let template = operation.template.split(separator: "/", omittingEmptySubsequences: false)
                return operation.method == method && template.count == path.count
                    && zip(template, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") && !$1.isEmpty }
            })
        else { return [] }
        guard let written = operation.responses["\(reply.status)"] else {
            return ["status \(reply.status) is not described"]
        }
        let content = Self.resolve(written, in: root)["content"]
        guard method != "HEAD", let content else { return [] }
        let type = reply.headers["content-type"] ?? ""
        guard let media = content[type] else { return ["the content type '\(type)' is not described"] }
        guard type.hasSuffix("json"), let schema = media["schema"] else { return [] }
        guard let value = try? reply.json() else { return ["the body is not JSON"] }
        return mismatches(value, schema, at: "")
    }

    /// Where a value is not as a schema says: the part of JSON Schema that the description uses.
    func mismatches(_ value: JSONValue, _ schema: JSONValue, at pointer: String) -> [String] {
        let schema = Self.resolve(schema, in: root)
        if let choices = schema["oneOf"]?.elements {
            let each = choices.map { mismatches(value, $0, at: pointer) }
            return each.contains([]) ? [] : each.first ?? []
        }
        var found: [String] = []
        switch (schema["type"]?.text, value) {
        case (nil, _), ("string", .string), ("boolean", .boolean), ("integer", .integer): break
        case ("object", .object(let members)):
            let properties = schema["properties"]?.members ?? [:]
            for name in schema["required"]?.elements.compactMap(\.text) ?? [] where members[name] == nil {
                found.append("\(pointer)/\(name) is missing")
            }
            for (name, member) in members {
                if let property = properties[name] {
                    found += mismatches(member, property, at: "\(pointer)/\(name)")
                } else if let additional = schema["additionalProperties"], additional != .boolean(false) {
                    found += mismatches(member, additional, at: "\(pointer)/\(name)")
                } else if schema["additionalProperties"] == .boolean(false) {
                    found.append("\(pointer)/\(name) is not described")
                }
            }
        case ("array", .array(let elements)):
            for (index, element) in elements.enumerated() {
                found += mismatches(element, schema["items"] ?? .object([:]), at: "\(pointer)/\(index)")
            }
        case (let type?, _): found.append("\(pointer) is not of type \(type)")
        }
        if let words = schema["enum"]?.elements, !words.contains(value) { found.append("\(pointer) is another word") }
        if let pattern = schema["pattern"]?.text, let text = value.text,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            found.append("\(pointer) is '\(text)', which is not like \(pattern)")
        }
        return found
    }

    /// Every `$ref` of the description.
    func references(in value: JSONValue? = nil) -> [String] {
        switch value ?? root {
        case .array(let elements): elements.flatMap { references(in: $0) }
        case .object(let members):
            members.flatMap { key, value in
                key == "$ref" ? [value.text ?? ""] : references(in: value)
            }
        default: []
        }
    }

    /// What a reference means; `null` when there is nothing.
    static func resolve(_ value: JSONValue, in root: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.text else { return value }
        let steps = reference.split(separator: "/").dropFirst()
        return steps.reduce(root) { $0[String($1)] ?? .null }
    }
}

extension JSONValue {
    var members: [String: JSONValue] {
        guard case .object(let members) = self else { return [:] }
        return members
    }

    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
}

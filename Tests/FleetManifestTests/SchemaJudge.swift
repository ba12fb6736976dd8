import Foundation

@testable import FleetManifest

/// As much of JSON Schema (draft 2020-12) as `Protocols/schemas` uses; a keyword that it does not know is a problem.
struct SchemaJudge {
    let root: ManifestNode

    func problems(with document: ManifestNode) -> [String] { problems(document, root, "") }

    private func problems(_ node: ManifestNode, _ schema: ManifestNode, _ path: String) -> [String] {
        guard case .object(let keywords) = schema.value else { return ["\(path): not a schema"] }
        return keywords.flatMap { problems(node, $0.key, $0.value, schema, path) }
    }

    private func problems(
        _ node: ManifestNode,
        _ keyword: String,
        _ value: ManifestNode,
        _ schema: ManifestNode,
        _ path: String
    ) -> [String] {
        func say(_ isWrong: Bool) -> [String] {
            isWrong ? ["\(path): \(keyword) \(JSONTextWriter.compact(value))"] : []
        }
        switch keyword {
        case "$schema", "$id", "$defs", "title", "description": return []
        case "$ref":
            guard case .string(let name) = value.value,
                let found = root["$defs"]?[String(name.dropFirst("#/$defs/".count))]
            else { return ["\(path): \(keyword) leads nowhere"] }
            return problems(node, found, path)
        case "type":
            return say(
                value.value != .string(type(of: node)) && !(isInteger(node) && value.value == .string("integer"))
            )
        case "const": return say(bare(node) != bare(value))
        case "enum": return say(!elements(value).contains { bare($0) == bare(node) })
        case "anyOf": return say(!elements(value).contains { problems(node, $0, path).isEmpty })
        case "oneOf": return say(elements(value).filter { problems(node, $0, path).isEmpty }.count != 1)
        case "items": return elements(node).enumerated().flatMap { problems($1, value, "\(path)/\($0)") }
        case "uniqueItems": return say(Set(elements(node).map(bare)).count != elements(node).count)
        case "minItems": return say(type(of: node) == "array" && number(value) > Double(elements(node).count))
        case "maxItems": return say(number(value) < Double(elements(node).count))
        case "minLength": return say(text(node).map { Double($0.unicodeScalars.count) < number(value) } ?? false)
        case "maxLength": return say(text(node).map { Double($0.unicodeScalars.count) > number(value) } ?? false)
        case "minimum": return say(type(of: node) == "number" && number(node) < number(value))
        case "maximum": return say(type(of: node) == "number" && number(node) > number(value))
        case "pattern":
            guard let text = text(node), case .string(let pattern) = value.value else { return [] }
            return say(text.range(of: pattern, options: .regularExpression) == nil)
        case "required": return say(elements(value).contains { text($0).map { node[$0] == nil } ?? true })
        case "maxProperties": return say(Double(members(node).count) > number(value))
        case "propertyNames":
            return members(node).flatMap { problems(ManifestNode(.string($0.key)), value, "\(path)/\($0.key)") }
        case "properties":
            return members(node).flatMap { member in
                value[member.key].map { problems(member.value, $0, "\(path)/\(member.key)") } ?? []
            }
        case "additionalProperties":
            let others = members(node).filter { schema["properties"]?[$0.key] == nil }
            if value.value == .boolean(false) { return others.map { "\(path)/\($0.key): not known" } }
            return others.flatMap { problems($0.value, value, "\(path)/\($0.key)") }
        default: return ["\(path): the keyword \(keyword) is not known here"]
        }
    }

    private func type(of node: ManifestNode) -> String {
        switch node.value {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        // No JSON has such a word.
        case .ambiguous: "ambiguous"
        case .array: "array"
        case .object: "object"
        }
    }

    private func isInteger(_ node: ManifestNode) -> Bool {
        // 2e2 and 2.0 are whole numbers to JSON Schema.
        if case .number(let literal) = node.value { Double(literal).map { $0 == $0.rounded() } ?? false } else { false }
    }

    private func bare(_ node: ManifestNode) -> String { JSONTextWriter.compact(node, sorted: true) }

    private func text(_ node: ManifestNode) -> String? {
        if case .string(let text) = node.value { text } else { nil }
    }

    private func number(_ node: ManifestNode) -> Double {
        if case .number(let literal) = node.value { Double(literal) ?? .nan } else { .nan }
    }

    private func elements(_ node: ManifestNode) -> [ManifestNode] {
        if case .array(let elements) = node.value { elements } else { [] }
    }

    private func members(_ node: ManifestNode) -> [ManifestNode.Member] {
        if case .object(let members) = node.value { members } else { [] }
    }
}

import Yams

/// Writes nodes as YAML that any version reads as the same values.
package enum YAMLTextWriter {
    /// One document, without `---`.
    package static func text(of node: ManifestNode) throws -> String {
        try Yams.serialize(node: yaml(node), width: -1, allowUnicode: true)
    }

    /// Several documents, `---` between them.
    package static func text(of nodes: [ManifestNode]) throws -> String {
        try nodes.map { try text(of: $0) }.joined(separator: "---\n")
    }

    private static func yaml(_ node: ManifestNode) -> Yams.Node {
        switch node.value {
        case .null: return plain("null")
        case .boolean(let value): return plain(value ? "true" : "false")
        case .number(let literal): return plain(literal)
        case .string(let text), .ambiguous(let text): return string(text)
        case .array(let elements): return Yams.Node(elements.map(yaml), .implicit, elements.isEmpty ? .flow : .block)
        case .object(let members):
            let pairs = members.map { (string($0.key), yaml($0.value)) }
            return Yams.Node(pairs, .implicit, members.isEmpty ? .flow : .block)
        }
    }

    private static func plain(_ text: String) -> Yams.Node {
        Yams.Node(text, Tag(.implicit, .basic), .plain)
    }

    private static func string(_ text: String) -> Yams.Node {
        let isPlain: Bool
        if case .string = PlainScalar.value(of: text) { isPlain = !looksLikeDate(text) } else { isPlain = false }
        let isBlock = text.contains("\n") && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
        return Yams.Node(text, Tag(.implicit, .basic), isBlock ? .literal : isPlain ? .plain : .doubleQuoted)
    }

    /// `2024-01-01` is a date to YAML 1.1.
    private static func looksLikeDate(_ text: String) -> Bool {
        text.utf8.count >= 8 && text.utf8.prefix(5).last == UInt8(ascii: "-")
            && text.utf8.prefix(4).allSatisfy { (0x30...0x39).contains($0) }
    }
}

import Fleet

/// Writes a node as JSON (RFC 8259); numbers keep their literal.
package enum JSONTextWriter {
    /// One line without white space. Members are in the written order, or sorted by UTF-16 code units as RFC 8785 has it.
    package static func compact(_ node: ManifestNode, sorted: Bool = false) -> String {
        var text = ""
        write(node, to: &text, sorted: sorted, indentation: nil)
        return text
    }

    /// Two spaces a level, one member or element a line.
    package static func pretty(_ node: ManifestNode) -> String {
        var text = ""
        write(node, to: &text, sorted: false, indentation: 0)
        return text
    }

    private static func write(_ node: ManifestNode, to text: inout String, sorted: Bool, indentation: Int?) {
        switch node.value {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let literal): text += literal
        case .string(let content), .ambiguous(let content): text += quoted(content)
        case .array(let elements):
            list(elements, between: ("[", "]"), to: &text, indentation: indentation) { element, text, inner in
                write(element, to: &text, sorted: sorted, indentation: inner)
            }
        case .object(let members):
            let ordered = sorted ? members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) } : members
            list(ordered, between: ("{", "}"), to: &text, indentation: indentation) { member, text, inner in
                text += quoted(member.key) + (inner == nil ? ":" : ": ")
                write(member.value, to: &text, sorted: sorted, indentation: inner)
            }
        }
    }

    private static func list<Item>(
        _ items: [Item],
        between brackets: (String, String),
        to text: inout String,
        indentation: Int?,
        write: (Item, inout String, Int?) -> Void
    ) {
        text += brackets.0
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            if let indentation { text += "\n" + String(repeating: " ", count: indentation + 2) }
            write(item, &text, indentation.map { $0 + 2 })
        }
        if let indentation, !items.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
        text += brackets.1
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(text).compactText }
}

import Fleet

/// What a text with `{variables}` may look like.
enum TemplateRule {
    /// Why `text` is not a template over these ports, or `nil`.
    static func problem(with text: String, ports: [String]) -> String? {
        do throws(TextTemplate.Problem) {
            _ = try TextTemplate(text, ports: ports)
            return nil
        } catch {
            return "is not a template: \(error.message)"
        }
    }

    /// The same where the ports belong to another document: any `{port.NAME}` will do here; the controller checks them.
    static func problem(withAnyPorts text: String) -> String? {
        let ports = text.split(separator: "{").compactMap { piece -> String? in
            guard piece.hasPrefix("port."), let end = piece.firstIndex(of: "}") else { return nil }
            return String(piece[..<end].dropFirst(5))
        }
        if let wrong = ports.first(where: { NameRule.problem(withName: $0) != nil }) {
            return "names a port '\(wrong)', which \(NameRule.problem(withName: wrong) ?? "")"
        }
        return problem(with: text, ports: ports)
    }
}

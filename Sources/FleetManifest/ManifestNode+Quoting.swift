extension ManifestNode {
    /// How to write it where a text is wanted; `nil` where there is no telling.
    var hintToQuote: String? {
        switch value {
        case .ambiguous(let text), .number(let text): "quote it: \"\(text)\""
        case .boolean(let value): "quote it: \"\(value)\""
        case .null: "write it after the ':'"
        case .object(let members):
            // `{model.dir}` without quotes is an object to YAML.
            if members.count == 1, let member = members.first, case .null = member.value.value {
                "quote it if it is a variable: \"{\(member.key)}\""
            } else if case .string(let name)? = self["name"]?.value {
                "write the name alone: \(name)"
            } else {
                nil
            }
        case .array(let elements): elements.count == 1 ? "write it without brackets and without '- '" : nil
        case .string: nil
        }
    }
}

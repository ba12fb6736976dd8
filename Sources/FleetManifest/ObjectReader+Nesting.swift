import Fleet

/// Lists and objects below an object.
extension ObjectReader {
    /// A list within the bounds of its shape; `read` gets each element with its path and answers `nil` when it reported a
    /// problem.
    mutating func list<Element>(
        _ key: String,
        read: (inout ObjectReader, ManifestNode, ManifestPath) -> Element?
    ) -> [Element]? {
        guard case (_, .list(_, let count, _))? = shaped(key) else { return nil }
        return list(key, limit: count.upperBound, read: read)
    }

    /// A list that must be there; `read` gets each element with its path and answers `nil` when it reported a problem.
    package mutating func list<Element>(
        _ key: String,
        limit: Int,
        read: (inout ObjectReader, ManifestNode, ManifestPath) -> Element?
    ) -> [Element]? {
        guard let node = required(key) else { return nil }
        guard case .array(let elements) = node.value else {
            report("must be a list, and is \(node.sort)", key: key, hint: Self.hintToList(node))
            return nil
        }
        guard elements.count <= limit else {
            report("holds \(elements.count) elements; at most \(limit) are allowed", key: key)
            return nil
        }
        let path = path.appending(key)
        return elements.enumerated().compactMap { read(&self, $0.element, path.appending($0.offset)) }
    }

    private static func hintToList(_ node: ManifestNode) -> String {
        switch node.value {
        case .object: "begin each element with '- ', also the only one"
        case .null: "write its elements below it, each with '- ' before it, or [] for none"
        case .string(let text) where text.hasPrefix("-"): "put a space after each '-'"
        case .string(let text) where text.contains(","): "write it in brackets: [\(text)]"
        case .string(let text) where text.contains(" "):
            "write it in brackets, with commas: [\(text.split(separator: " ").map { inBrackets($0) }.joined(separator: ", "))]"
        case .string(let text), .ambiguous(let text), .number(let text):
            "write it in brackets, also one alone: [\(text)]"
        case .boolean, .array: "write it in brackets, also one alone: [a, b]"
        }
    }

    private static func inBrackets(_ word: Substring) -> String {
        word.contains { "{}[],#".contains($0) } ? "\"\(word)\"" : String(word)
    }

    /// Whether somebody wrote a '- ' before each key of one object.
    private static func isTornApart(_ node: ManifestNode) -> Bool {
        guard case .array(let elements) = node.value, elements.count > 1 else { return false }
        var names: Set<String> = []
        return elements.allSatisfy { element in
            guard case .object(let members) = element.value, members.count == 1 else { return false }
            return names.insert(members[0].key).inserted
        }
    }

    /// The objects of a list; `nil` elements reported their problem.
    mutating func objects<Element>(_ key: String, read: (inout ObjectReader) -> Element?) -> [Element] {
        guard case (let node, .list(.object(let keys), _, _))? = shaped(key) else { return [] }
        if keys.keys.count(where: \.isRequired) > 1, Self.isTornApart(node) {
            let hint = "write one '- ' for each element, before its first key; its other keys stand below that without"
            report("has an element for each key", key: key, hint: hint)
            return []
        }
        let elements = list(key) { reader, node, path in
            var inner = ObjectReader(node, at: path, keys: keys, outline: reader.outline)
            let element: Element? = if case .object = node.value { read(&inner) } else { nil }
            for problem in inner.problems { reader.report(problem) }
            return element
        }
        return elements ?? []
    }

    /// Texts by key below their shape's rules, for example labels; none where there are none.
    mutating func texts(_ key: String) -> [String: String] {
        guard case .texts(let limit, let names, let values)? = keys.shape(of: key)?.value else { return [:] }
        return texts(key, limit: limit, rules: (key: names.rule, value: values.rule))
    }

    /// Texts by key, for example labels; `rules` say why a key or a value will not do.
    package mutating func texts(
        _ key: String,
        limit: Int,
        rules: (key: (String) -> String?, value: (String) -> String?)
    ) -> [String: String] {
        guard let node = node(key) else { return [:] }
        guard case .object(let written) = node.value else {
            report("must be an object of texts, and is \(node.sort)", key: key, hint: Self.hintToName(node))
            return [:]
        }
        if written.count > limit {
            report("holds \(written.count) entries; at most \(limit) are allowed", key: key)
            return [:]
        }
        var texts: [String: String] = [:]
        for member in written {
            let path = path.appending(key).appending(member.key)
            if let reason = rules.key(member.key) {
                let place = member.place ?? place
                let message = "the key '\(member.key)' \(reason)"
                report(ManifestProblem(message, path: path, place: place, about: keys.shape(of: key)))
            }
            texts[member.key] = text(member.value, path: path, rule: rules.value)
        }
        return texts
    }

    /// Whole numbers by key below their shape's rules; none where there are none.
    ///
    /// - Parameter rule: why a key will not do; the shape's own rule when `nil`.
    mutating func integers(_ key: String, rule: ((String) -> String?)? = nil) -> [String: Int64] {
        guard case (let node, .integers(let limit, let names, let range))? = shaped(key) else { return [:] }
        let hint = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard case .object(let written) = node.value else {
            report("must be an object of whole numbers, and is \(node.sort)", key: key, hint: "write NAME: \(hint)")
            return [:]
        }
        guard written.count <= limit else {
            report("holds \(written.count) entries; at most \(limit) are allowed", key: key)
            return [:]
        }
        var numbers: [String: Int64] = [:]
        for member in written {
            let path = path.appending(key).appending(member.key)
            if let reason = rule?(member.key) ?? names.rule(member.key) {
                let message = "the key '\(member.key)' \(reason)"
                report(ManifestProblem(message, path: path, place: member.place ?? place, about: keys.shape(of: key)))
            }
            if let number = member.value.wholeNumber, range.contains(number) {
                numbers[member.key] = number
            } else {
                report(
                    "is not \(hint)",
                    at: member.value,
                    path: path,
                    hint: "write \(member.key): 8080, without quotes"
                )
            }
        }
        return numbers
    }

    /// Environment variables by name, within the bounds of their shape.
    ///
    /// - Parameter template: why a text will not do; the shape's own rule when `nil`.
    mutating func variables(_ key: String, template: ((String) -> String?)? = nil) -> [String: VariableValue] {
        guard case (let node, .variables(let limit, let values))? = shaped(key) else { return [:] }
        guard case .object(let written) = node.value else {
            report("must be an object of texts, and is \(node.sort)", key: key, hint: Self.hintToName(node))
            return [:]
        }
        guard written.count <= limit else {
            report("holds \(written.count) entries; at most \(limit) are allowed", key: key)
            return [:]
        }
        var variables: [String: VariableValue] = [:]
        for member in written {
            let path = path.appending(key).appending(member.key)
            if let reason = NameRule.problem(withVariable: member.key) {
                let message = "the key '\(member.key)' \(reason)"
                report(ManifestProblem(message, path: path, place: member.place ?? place, about: keys.shape(of: key)))
            }
            // `{port.http}` without quotes is an object to YAML, and was meant as a text.
            if case .object = member.value.value, member.value["file"] != nil || member.value.hintToQuote == nil {
                var reader = ObjectReader(member.value, at: path, keys: VariableManifest.keys, outline: outline)
                variables[member.key] = reader.text("file").map { .file($0) }
                for problem in reader.problems { report(problem) }
            } else {
                let text = text(member.value, path: path, rule: template ?? values.rule)
                variables[member.key] = text.map { .text($0) }
            }
        }
        return variables
    }

    private static func hintToName(_ node: ManifestNode) -> String {
        switch node.value {
        case .array: "write NAME: value, one a line, without '- '"
        case .null: "indent its entries below it, or remove it"
        case .string(let text) where text.contains("="):
            "write \(text.replacing("=", with: ": ", maxReplacements: 1)) below it, or in braces"
        case .boolean, .number, .string, .ambiguous, .object: "write NAME: value, one a line, or in braces"
        }
    }

    /// An object below this one, with the keys of its shape; `read` gets its reader.
    mutating func object<Value>(_ key: String, read: (inout ObjectReader) -> Value?) -> Value? {
        guard let shape = keys.shape(of: key)?.value else { return nil }
        let inner: ObjectKeys
        switch shape {
        case .object(let own): inner = own
        case .oneOf(let shapes):
            let own = shapes.lazy.compactMap { shape in if case .object(let own) = shape { own } else { nil } }.first
            guard let own else { return nil }
            inner = own
        case .text, .words, .integer, .boolean, .decimal, .span, .amount, .memory, .processors, .list, .texts,
            .integers, .variables, .days,
            .anyObject, .anything:
            return nil
        }
        return object(key, keys: inner, read: read)
    }

    /// The same, with keys of its own.
    mutating func object<Value>(
        _ key: String,
        keys: ObjectKeys,
        read: (inout ObjectReader) -> Value?
    ) -> Value? {
        guard let node = node(key) else { return nil }
        var reader = ObjectReader(node, at: path.appending(key), keys: keys, outline: outline)
        if case .object = node.value {
            let value = read(&reader)
            for problem in reader.problems { append(problem) }
            return value
        }
        // What the object is for says more than its own path does.
        var example: String?
        if case .string(let text) = node.value, !keys.accepted.contains(where: { text.hasPrefix("\($0):") }) {
            example = self.keys.shape(of: key)?.example.map { "write it like `\($0)`" }
        }
        for problem in reader.problems { report(problem.message, key: key, hint: example ?? problem.hint) }
        return nil
    }
}

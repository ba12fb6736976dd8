package import Fleet

/// Reads one object strictly and collects everything that is wrong with it. A reading method answers `nil` when the value
/// is absent or wrong; whether something was wrong is said by `problems` alone.
package struct ObjectReader {
    /// Where the object stands in its document.
    package let path: ManifestPath
    /// Where it stands in the file.
    package let place: SourcePlace?
    /// Everything that was wrong so far.
    package private(set) var problems: [ManifestProblem] = []
    private var members: [String: ManifestNode.Member] = [:]

    /// Begins to read; keys that may not be there are reported at once.
    package init(_ node: ManifestNode, at path: ManifestPath, keys: ObjectKeys) {
        self.path = path
        place = node.place
        guard case .object(let written) = node.value else {
            report(
                "must be an object, and is \(node.sort)",
                at: node,
                hint: "accepted keys: \(Self.list(keys.accepted))"
            )
            return
        }
        for member in written {
            if keys.accepted.contains(member.key) {
                members[member.key] = member
            } else {
                refuse(member, keys: keys)
            }
        }
    }

    private mutating func refuse(_ member: ManifestNode.Member, keys: ObjectKeys) {
        let path = path.appending(member.key)
        guard !keys.notBuiltYet.contains(member.key) else {
            let message = "'\(member.key)' is not built yet"
            problems.append(
                ManifestProblem(message, path: path, place: member.place, hint: "remove it: it would have no effect")
            )
            return
        }
        let nearest = NearestName.of(member.key, among: keys.accepted).map { "did you mean '\($0)'? " } ?? ""
        let hint = "\(nearest)accepted here: \(Self.list(keys.accepted))"
        let message = "unknown key '\(member.key)'"
        problems.append(ManifestProblem(message, path: path, place: member.place, hint: hint))
    }

    /// Adds a problem with one of the object's members, or with the object itself.
    package mutating func report(_ message: String, key: String? = nil, hint: String? = nil) {
        let member = key.flatMap { members[$0] }
        let path = key.map { self.path.appending($0) } ?? self.path
        let place = member?.value.place ?? member?.place ?? self.place
        problems.append(ManifestProblem(message, path: path, place: place, hint: hint))
    }

    /// Adds a problem with a value below the object.
    package mutating func report(
        _ message: String,
        at node: ManifestNode,
        path: ManifestPath? = nil,
        hint: String? = nil
    ) {
        let place = node.place ?? self.place
        problems.append(ManifestProblem(message, path: path ?? self.path, place: place, hint: hint))
    }

    /// Adds a problem whose place is known exactly.
    package mutating func report(_ problem: ManifestProblem) {
        problems.append(problem)
    }

    /// The member as it was written.
    package func node(_ key: String) -> ManifestNode? { members[key]?.value }

    /// Whether the member is there.
    package func has(_ key: String) -> Bool { members[key] != nil }

    /// A member that must be there, for a reader of its own.
    package mutating func required(_ key: String) -> ManifestNode? {
        if let node = members[key]?.value { return node }
        report("'\(key)' is missing", hint: nil)
        return nil
    }

    /// A text. `rule` says why a text will not do.
    package mutating func text(
        _ key: String,
        required isRequired: Bool = true,
        rule: (String) -> String? = { $0.isEmpty ? "is empty" : nil }
    ) -> String? {
        guard let node = isRequired ? required(key) : node(key) else { return nil }
        return text(node, path: path.appending(key), rule: rule)
    }

    /// A text that stands at a path below the object.
    package mutating func text(_ node: ManifestNode, path: ManifestPath, rule: (String) -> String?) -> String? {
        switch node.value {
        case .string(let text):
            guard text.utf8.count <= ManifestLimits.textBytes else {
                report("is longer than \(ManifestLimits.textBytes) bytes", at: node, path: path)
                return nil
            }
            guard let reason = rule(text) else { return text }
            report("'\(text)' \(reason)", at: node, path: path)
            return nil
        case .ambiguous(let text), .number(let text):
            report("must be a text, and is \(node.sort)", at: node, path: path, hint: "quote it: \"\(text)\"")
        case .boolean(let value):
            report("must be a text, and is \(node.sort)", at: node, path: path, hint: "quote it: \"\(value)\"")
        case .null, .array, .object:
            report("must be a text, and is \(node.sort)", at: node, path: path)
        }
        return nil
    }

    /// A word out of a few; words that DESIGN knows and no issue has built are refused in other words than a slip.
    package mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        of type: Word.Type,
        notBuiltYet: Set<String> = []
    ) -> Word? {
        let words = Word.allCases.map(\.rawValue)
        guard let node = required(key),
            let text = text(node, path: path.appending(key), rule: { _ in nil })
        else { return nil }
        if let word = Word(rawValue: text) { return word }
        let accepted = "accepted: \(Self.list(words))"
        if notBuiltYet.contains(text) {
            report("'\(text)' is not built yet", key: key, hint: accepted)
        } else {
            let nearest = NearestName.of(text, among: words + notBuiltYet).map { "did you mean '\($0)'? " } ?? ""
            report("'\(text)' is not one of the words", key: key, hint: nearest + accepted)
        }
        return nil
    }

    /// A whole number within a range.
    package mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let node = required(key) else { return nil }
        if case .number(let literal) = node.value, let value = Int64(literal), range.contains(value) { return value }
        let hint = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        if case .number(let literal) = node.value {
            report("\(literal) is out of range", key: key, hint: hint)
        } else {
            report("must be a whole number, and is \(node.sort)", key: key, hint: hint)
        }
        return nil
    }

    /// `true` or `false`; `nil` when absent or wrong.
    package mutating func boolean(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        if case .boolean(let value) = node.value { return value }
        report("must be true or false, and is \(node.sort)", key: key)
        return nil
    }

    /// A length of time within a range, as people write it.
    package mutating func span(_ key: String, in range: ClosedRange<Span>) -> Span? {
        guard let node = node(key), let text = text(node, path: path.appending(key), rule: { _ in nil }) else {
            return nil
        }
        let hint = "from \(range.lowerBound) to \(range.upperBound), written like 10s, 1m30s, 250ms"
        guard let span = Span(text) else {
            report("'\(text)' is not a length of time", key: key, hint: hint)
            return nil
        }
        guard range.contains(span) else {
            report("\(text) is out of range", key: key, hint: hint)
            return nil
        }
        return span
    }

    /// A list; `read` gets each element with its path and answers `nil` when it reported a problem.
    package mutating func list<Element>(
        _ key: String,
        limit: Int,
        read: (inout ObjectReader, ManifestNode, ManifestPath) -> Element?
    ) -> [Element]? {
        guard let node = required(key) else { return nil }
        guard case .array(let elements) = node.value else {
            report("must be a list, and is \(node.sort)", key: key)
            return nil
        }
        guard elements.count <= limit else {
            report("holds \(elements.count) elements; at most \(limit) are allowed", key: key)
            return nil
        }
        let path = path.appending(key)
        return elements.enumerated().compactMap { read(&self, $0.element, path.appending($0.offset)) }
    }

    /// Texts by key, for example labels; `rules` say why a key or a value will not do.
    package mutating func texts(
        _ key: String,
        limit: Int,
        rules: (key: (String) -> String?, value: (String) -> String?)
    ) -> [String: String] {
        guard let node = node(key) else { return [:] }
        guard case .object(let written) = node.value else {
            report("must be an object of texts, and is \(node.sort)", key: key)
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
                report(ManifestProblem("the key '\(member.key)' \(reason)", path: path, place: member.place ?? place))
            }
            texts[member.key] = text(member.value, path: path, rule: rules.value)
        }
        return texts
    }

    /// An object below this one; `read` gets its reader.
    package mutating func object<Value>(
        _ key: String,
        required isRequired: Bool = true,
        keys: ObjectKeys,
        read: (inout ObjectReader) -> Value?
    ) -> Value? {
        guard let node = isRequired ? required(key) : node(key) else { return nil }
        var reader = ObjectReader(node, at: path.appending(key), keys: keys)
        guard case .object = node.value else {
            problems += reader.problems
            return nil
        }
        let value = read(&reader)
        problems += reader.problems
        return value
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

import Fleet

/// Reads one object strictly and collects everything that is wrong with it. A reading method answers `nil` when the value
/// is absent or wrong; whether something was wrong is said by `problems` alone.
///
/// Where its keys have shapes, it takes what must be there, bounds and rules from them.
package struct ObjectReader {
    /// Where the object stands in its document.
    package let path: ManifestPath
    /// Where it stands in the file.
    package let place: SourcePlace?
    /// Everything that was wrong so far.
    package private(set) var problems: [ManifestProblem] = []
    let keys: ObjectKeys
    let outline: KeyOutline?
    private var members: [String: ManifestNode.Member] = [:]
    /// Keys that are missing and were reported, or that somebody misspelt: their absence is not a second problem.
    private var settled: Set<String> = []

    /// Begins to read; keys that may not be there, and those that must and are not, are reported at once.
    ///
    /// - Parameter outline: of the whole document, for keys that slipped into the wrong object.
    package init(_ node: ManifestNode, at path: ManifestPath, keys: ObjectKeys, outline: KeyOutline? = nil) {
        self.path = path
        self.keys = keys
        self.outline = outline
        place = node.place
        guard case .object(let written) = node.value else {
            report("must be an object, and is \(node.sort)", at: node, hint: Self.hint(insteadOf: node, keys))
            return
        }
        for member in written {
            if keys.accepted.contains(member.key) {
                members[member.key] = member
            } else {
                refuse(member)
            }
        }
        if let rule = keys.instead, case .string(rule.word)? = members[rule.key]?.value.value {
            settled.formUnion(rule.others)
        }
        reportMissing(keys.keys.filter { $0.isRequired && members[$0.name] == nil })
    }

    /// All that is missing in one problem: it has one place.
    private mutating func reportMissing(_ missing: [KeyShape]) {
        let missing = missing.filter { settled.insert($0.name).inserted }
        guard let last = missing.last else { return }
        guard missing.count > 1 else { return reportMissing(last) }
        let names = missing.dropLast().map { "'\($0.name)'" }.joined(separator: ", ")
        let examples = missing.compactMap(\.example).map { "`\($0)`" }.joined(separator: ", ")
        append(
            ManifestProblem(
                "\(names) and '\(last.name)' are missing",
                path: path,
                place: place,
                hint: "write them like \(examples)"
            )
        )
    }

    private static func hint(insteadOf node: ManifestNode, _ keys: ObjectKeys) -> String {
        let accepted = "accepted keys: \(keys.accepted.joined(separator: ", "))"
        switch node.value {
        case .null: return "indent its keys below it, or remove it; \(accepted)"
        case .array where keys.accepted.first == "apiVersion":
            return "write the documents one after the other, with '---' on a line between them"
        case .array: return "write its keys without '- ' before them; \(accepted)"
        case .string(let text) where keys.accepted.contains { text.hasPrefix("\($0): ") }:
            return "remove the '|', '>' or quotes before it; \(accepted)"
        case .string(let text) where keys.accepted.contains { text.hasPrefix("\($0):") }:
            return "a space is missing after the ':'; \(accepted)"
        case .boolean, .number, .string, .ambiguous, .object: return accepted
        }
    }

    private mutating func reportMissing(_ key: KeyShape) {
        settled.insert(key.name)
        let hint = key.example.map { "write it like `\($0)`" }
        append(
            ManifestProblem("'\(key.name)' is missing", path: path, place: place, hint: hint, about: key)
        )
    }

    private mutating func refuse(_ member: ManifestNode.Member) {
        let path = path.appending(member.key)
        func problem(_ message: String, _ hint: String?) -> ManifestProblem {
            ManifestProblem(message, path: path, place: member.place, hint: hint)
        }
        if let habit = keys.habits[member.key] {
            for key in keys.keys where habit.contains("'\(key.name)'") || habit.contains("`\(key.name):") {
                settled.insert(key.name)
            }
            return append(problem("unknown key '\(member.key)'", habit))
        }
        guard !keys.notBuiltYet.contains(member.key) else {
            return append(problem("'\(member.key)' is not built yet", "remove it: it would have no effect"))
        }
        let accepted = "accepted here: \(keys.accepted.joined(separator: ", "))"
        if let nearest = NearestName.of(member.key, among: keys.accepted) {
            settled.insert(nearest)
            return append(problem("unknown key '\(member.key)'", "did you mean '\(nearest)'? \(accepted)"))
        }
        if let parents = outline?.parents(of: member.key, near: self.path), !parents.isEmpty {
            let places = parents.map { $0.isEmpty ? "the document itself" : "'\($0)'" }.joined(separator: " or ")
            return append(
                problem(
                    "'\(member.key)' does not belong here",
                    "it belongs to \(places): look at the indentation; \(accepted)"
                )
            )
        }
        append(problem("unknown key '\(member.key)'", accepted))
    }

    // MARK: Problems

    /// Adds a problem with one of the object's members, or with the object itself.
    package mutating func report(_ message: String, key: String? = nil, hint: String? = nil) {
        let member = key.flatMap { members[$0] }
        let path = key.map { self.path.appending($0) } ?? self.path
        let place = member?.value.place ?? member?.place ?? self.place
        append(ManifestProblem(message, path: path, place: place, hint: hint, about: key.flatMap(keys.shape(of:))))
    }

    /// Adds a problem with a value below the object.
    package mutating func report(
        _ message: String,
        at node: ManifestNode,
        path: ManifestPath? = nil,
        hint: String? = nil
    ) {
        let path = path ?? self.path
        let place = node.place ?? self.place
        append(ManifestProblem(message, path: path, place: place, hint: hint, about: key(above: path)))
    }

    /// Adds a problem whose place is known exactly.
    package mutating func report(_ problem: ManifestProblem) {
        append(problem)
    }

    mutating func append(_ problem: ManifestProblem) {
        problems.append(problem)
    }

    /// The member through which a path leads.
    private func key(above path: ManifestPath) -> KeyShape? {
        guard path.steps.count > self.path.steps.count, case .key(let name) = path.steps[self.path.steps.count] else {
            return nil
        }
        return keys.shape(of: name)
    }

    // MARK: Members

    /// The member as it was written.
    package func node(_ key: String) -> ManifestNode? { members[key]?.value }

    /// Whether the member is there.
    package func has(_ key: String) -> Bool { members[key] != nil }

    /// A member that must be there, for a reader of its own.
    package mutating func required(_ key: String) -> ManifestNode? {
        if let node = members[key]?.value { return node }
        if !settled.contains(key) { reportMissing(keys.shape(of: key) ?? .named(key)) }
        return nil
    }

    /// The member; one that is missing and must be there was reported.
    func shaped(_ key: String) -> (node: ManifestNode, shape: ValueShape)? {
        guard let node = members[key]?.value, let shape = keys.shape(of: key)?.value else { return nil }
        return (node, shape)
    }

    /// A text below its key's rule.
    package mutating func text(_ key: String, required isRequired: Bool? = nil) -> String? {
        guard case .text(let shape)? = keys.shape(of: key)?.value else {
            return text(key, required: isRequired ?? true, rule: TextShape.something.rule)
        }
        return text(key, required: isRequired ?? false, rule: shape.rule)
    }

    /// A text. `rule` says why a text will not do.
    package mutating func text(
        _ key: String,
        required isRequired: Bool = true,
        hint: String? = nil,
        rule: (String) -> String?
    ) -> String? {
        let isNamedOnly = keys.shape(of: key)?.isRequired != true
        guard let node = isRequired && isNamedOnly ? required(key) : node(key) else { return nil }
        return text(node, path: path.appending(key), hint: hint, rule: rule)
    }

    /// A text that stands at a path below the object.
    ///
    /// - Parameter hint: how to write it where it is no text at all.
    package mutating func text(
        _ node: ManifestNode,
        path: ManifestPath,
        hint: String? = nil,
        rule: (String) -> String?
    ) -> String? {
        switch node.value {
        case .string(let text):
            guard text.utf8.count <= ManifestLimits.textBytes else {
                report("is longer than \(ManifestLimits.textBytes) bytes", at: node, path: path)
                return nil
            }
            guard let reason = rule(text) else { return text }
            report("'\(text)' \(reason)", at: node, path: path)
        case .ambiguous, .number, .boolean, .null, .array, .object:
            report("must be a text, and is \(node.sort)", at: node, path: path, hint: hint ?? node.hintToQuote)
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
        let accepted = "accepted: \(words.joined(separator: ", "))"
        guard let node = node(key),
            let text = text(node, path: path.appending(key), hint: accepted, rule: { _ in nil })
        else { return nil }
        if let word = Word(rawValue: text) { return word }
        if notBuiltYet.contains(text) {
            report("'\(text)' is not built yet", key: key, hint: accepted)
        } else {
            let name = NearestName.of(text, among: words + notBuiltYet) ?? words.first { text.hasSuffix($0) }
            let nearest = name.map { "did you mean '\($0)'? " } ?? ""
            report("'\(text)' is not one of the words", key: key, hint: nearest + accepted)
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
}

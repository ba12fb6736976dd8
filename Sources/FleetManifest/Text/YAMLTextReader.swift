import Yams

/// Reads a YAML file of several documents into nodes with places. Strict where YAML is loose: anchors, tags and keys that
/// are not texts are refused, unquoted words that YAML's versions read differently stay ambiguous.
///
/// libyaml refuses more than 1,000 levels by itself; an alias is refused before anything is composed, because comparing
/// keys would already follow it.
package struct YAMLTextReader {
    /// What was read.
    package struct Reading: Sendable {
        /// The documents, those that are empty left out.
        package var documents: [ManifestNode]
        /// Why the text is not YAML, or what Muster does not take.
        package var problems: [ManifestProblem]
    }

    private let file: String
    private var nodes = 0
    private var problems: [ManifestProblem] = []
    private var repeated = RepeatedKeys()

    private init(file: String) {
        self.file = file
    }

    /// Reads a file's bytes; `file` is its name for messages.
    package static func read(_ bytes: some Collection<UInt8>, file: String) -> Reading {
        var reader = YAMLTextReader(file: file)
        let documents = reader.documents(of: Array(bytes))
        return Reading(documents: documents, problems: reader.problems.inReadingOrder())
    }

    private mutating func documents(of bytes: [UInt8]) -> [ManifestNode] {
        guard bytes.count <= ManifestLimits.bytes else {
            refuse("the file has \(bytes.count) bytes; at most \(ManifestLimits.bytes) are allowed", hint: "split it")
            return []
        }
        guard let unmarked = String(validating: bytes, as: UTF8.self) else {
            let flaw = EncodingFlaw.first(in: bytes)
            refuse(
                "the file is not UTF-8: \(flaw.message)",
                line: flaw.line,
                column: flaw.column,
                hint: "save it as UTF-8"
            )
            return []
        }
        // A byte order mark at the very beginning is no part of the text.
        let text = unmarked.hasPrefix("\u{FEFF}") ? String(unmarked.unicodeScalars.dropFirst()) : unmarked
        if let alias = AliasScan.firstAlias(in: text) {
            refuse(
                "the alias '*\(alias.name)' is not accepted",
                line: alias.line,
                column: alias.column,
                hint: "write the value out; a text that begins with '*' must be quoted"
            )
            return []
        }
        return compose(text)
    }

    /// Keys that stand twice make Yams give up the whole file; so the earlier one is renamed, remembered, and the file is
    /// read again. That way they are reported together with everything else.
    private mutating func compose(_ text: String) -> [ManifestNode] {
        var text = text
        while true {
            do {
                let parser = try Yams.Parser(yaml: text, resolver: .basic)
                var documents: [ManifestNode] = []
                while let root = try parser.nextRoot() {
                    guard documents.count < ManifestLimits.documents else {
                        refuse("there are more than \(ManifestLimits.documents) documents", hint: "split the file")
                        return []
                    }
                    guard let document = node(root, path: ManifestPath(), depth: 0) else { return [] }
                    if case .null = document.value { continue }
                    documents.append(document)
                }
                return documents
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                nodes = 0
                problems = []
                guard let key = keys.first, repeated.rename(key, at: context.mark, in: &text) else {
                    refuse(
                        "the key '\(keys.first ?? "")' is given twice",
                        line: context.mark.line,
                        column: context.mark.column,
                        hint: "remove one"
                    )
                    return []
                }
            } catch {
                refuse(error, text)
                return []
            }
        }
    }

    private mutating func node(_ yaml: Yams.Node, path: ManifestPath, depth: Int) -> ManifestNode? {
        let place = yaml.mark.map { SourcePlace(file: file, line: $0.line, column: $0.column) }
        nodes += 1
        if nodes > ManifestLimits.nodes || depth > ManifestLimits.depth {
            let bound =
                depth > ManifestLimits.depth
                ? "more than \(ManifestLimits.depth) levels are nested"
                : "there are more than \(ManifestLimits.nodes) values"
            problems.append(ManifestProblem(bound, path: path, place: place, hint: "split the file"))
            return nil
        }
        switch yaml {
        case .scalar(let scalar):
            return self.scalar(scalar, path: path, place: place)
        case .sequence(let sequence):
            refuse(tag: sequence.tag, unless: "tag:yaml.org,2002:seq", path: path, place: place)
            var elements: [ManifestNode] = []
            for (index, element) in sequence.enumerated() {
                guard let element = node(element, path: path.appending(index), depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return ManifestNode(.array(elements), place: place)
        case .mapping(let mapping):
            refuse(tag: mapping.tag, unless: "tag:yaml.org,2002:map", path: path, place: place)
            return object(mapping, path: path, place: place, depth: depth)
        case .alias:
            problems.append(ManifestProblem("an alias is not accepted", path: path, place: place))
            return nil
        }
    }

    private mutating func object(
        _ mapping: Yams.Node.Mapping,
        path: ManifestPath,
        place: SourcePlace?,
        depth: Int
    ) -> ManifestNode? {
        var members: [ManifestNode.Member] = []
        for (yamlKey, yamlValue) in mapping {
            let keyPlace = yamlKey.mark.map { SourcePlace(file: file, line: $0.line, column: $0.column) }
            guard let key = yamlKey.scalar?.string else {
                let hint =
                    "quote a text that begins with '{' or '['; a template of another program must be rendered first"
                problems.append(ManifestProblem("a key must be a text", path: path, place: keyPlace, hint: hint))
                continue
            }
            if let original = repeated.original(of: key) {
                problems.append(Self.repetition(of: original, path: path, place: keyPlace))
                continue
            }
            guard let value = node(yamlValue, path: path.appending(key), depth: depth + 1) else { return nil }
            members.append(ManifestNode.Member(key: key, place: keyPlace, value: value))
        }
        return ManifestNode(.object(members), place: place)
    }

    private static func repetition(of key: String, path: ManifestPath, place: SourcePlace?) -> ManifestProblem {
        let isHead = path.steps.isEmpty && ManifestKind.anyKeys.accepted.contains(key)
        return ManifestProblem(
            "the key '\(key)' is given twice",
            path: path.appending(key),
            place: place,
            hint: isHead ? "remove one, or write '---' on a line between two documents" : "remove one"
        )
    }

    private mutating func scalar(
        _ scalar: Yams.Node.Scalar,
        path: ManifestPath,
        place: SourcePlace?
    ) -> ManifestNode {
        let text = scalar.string
        refuse(tag: scalar.tag, unless: "tag:yaml.org,2002:str", path: path, place: place)
        switch scalar.style {
        case .plain where scalar.tag.description != "tag:yaml.org,2002:str":
            return ManifestNode(PlainScalar.value(of: text), place: place, textPlace: place)
        case .singleQuoted, .doubleQuoted:
            return ManifestNode(.string(text), place: place, textPlace: place?.advanced(by: 1))
        case .any, .plain, .literal, .folded:
            return ManifestNode(.string(text), place: place)
        }
    }

    private mutating func refuse(tag: Yams.Tag, unless accepted: String, path: ManifestPath, place: SourcePlace?) {
        let name = tag.description
        guard !name.isEmpty, name != "!", name != accepted else { return }
        let prefix = "tag:yaml.org,2002:"
        let written = name.hasPrefix(prefix) ? "!!" + name.dropFirst(prefix.count) : name
        let hint = "remove it; quote a text that begins with '!'"
        problems.append(
            ManifestProblem("the tag '\(written)' is not accepted", path: path, place: place, hint: hint)
        )
    }

    private mutating func refuse(_ message: String, line: Int = 1, column: Int = 1, hint: String?) {
        let place = SourcePlace(file: file, line: line, column: column)
        problems.append(ManifestProblem(message, place: place, hint: hint))
    }

    private mutating func refuse(_ error: any Error, _ text: String) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            guard !problem.hasPrefix("Maximum nesting level") else {
                let message = "more than \(ManifestLimits.depth) levels are nested"
                return refuse(message, line: mark.line, column: mark.column, hint: "split the file")
            }
            let complaint = YAMLComplaint(
                problem,
                line: mark.line,
                column: mark.column,
                context: context.map { .init(text: $0.text, line: $0.mark.line, column: $0.mark.column) },
                in: text
            )
            refuse(complaint.message, line: complaint.line, column: complaint.column, hint: complaint.hint)
        case .reader(_, let offset, let value, _):
            let before = text.utf8.prefix(offset ?? 0)
            let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
            let column = before.reversed().prefix { $0 != 0x0A }.count + 1
            let digits = String(max(0, value), radix: 16, uppercase: true)
            let name = value < 0 ? "" : " (U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits))"
            refuse("not YAML: a control character\(name)", line: line, column: column, hint: "remove it")
        case let other:
            refuse("not YAML: \(other.map { "\($0)" } ?? "\(error)")", hint: nil)
        }
    }
}

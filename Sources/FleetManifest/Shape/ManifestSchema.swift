import Fleet

/// The JSON Schemas (draft 2020-12) of `Protocols/schemas`, written from the shapes that the readers keep.
package struct ManifestSchema {
    private var definitions: [String: ManifestNode] = [:]

    private init() {}

    /// The file's name below `Protocols/schemas`.
    package static func fileName(of kind: ManifestKind) -> String { "\(kind.rawValue.lowercased()).schema.json" }

    /// The file's name of the schema of any document.
    package static let anyFileName = "manifest.schema.json"

    /// A kind's schema, as it stands in its file.
    package static func text(of kind: ManifestKind) -> String { JSONTextWriter.pretty(node(of: kind)) + "\n" }

    /// The schema of a document of any kind: what an editor is given that knows a file's name only.
    package static var anyText: String {
        let choices = ManifestKind.allCases.map { kind -> ManifestNode in
            let isOfKind: ManifestNode = .object([
                "properties": .object(["kind": .object(["const": .string(kind.rawValue)])]), "required": list(["kind"]),
            ])
            return .object(["if": isOfKind, "then": .object(["$ref": .string(fileName(of: kind))])])
        }
        let node: ManifestNode = .object([
            "$schema": .string(dialect),
            "$id": .string(base + anyFileName),
            "title": .string("Muster manifest"),
            "description": .string("A document of any kind."),
            "type": .string("object"),
            "required": list(["apiVersion", "kind", "metadata"]),
            "properties": .object([
                "kind": .object(["enum": list(ManifestKind.allCases.map(\.rawValue))])
            ]),
            "allOf": ManifestNode(.array(choices)),
        ])
        return JSONTextWriter.pretty(node) + "\n"
    }

    /// A kind's schema.
    package static func node(of kind: ManifestKind) -> ManifestNode {
        var schema = ManifestSchema()
        let root = schema.object(kind.keys)
        var members: [ManifestNode.Member] = [
            .init(key: "$schema", value: .string(dialect)),
            .init(key: "$id", value: .string(base + fileName(of: kind))),
            .init(key: "title", value: .string(kind.rawValue)),
            .init(key: "description", value: .string(kind.purpose)),
        ]
        if case .object(let own) = root.value { members += own }
        members.append(.init(key: "$defs", value: schema.definitionsNode))
        return ManifestNode(.object(members))
    }

    /// The schema of an object with these keys, with what it refers to.
    static func node(of keys: ObjectKeys) -> ManifestNode {
        var schema = ManifestSchema()
        var root = schema.object(keys)
        root.set("$defs", to: schema.definitionsNode)
        return root
    }

    private var definitionsNode: ManifestNode {
        let sorted = definitions.sorted { $0.key < $1.key }
        return ManifestNode(.object(sorted.map { .init(key: $0.key, value: $0.value) }))
    }

    private static let dialect = "https://json-schema.org/draft/2020-12/schema"
    private static let base = "https://muster.invalid/schemas/"

    private static func list(_ words: [String]) -> ManifestNode { ManifestNode(.array(words.map { .string($0) })) }

    private static func number(_ value: some BinaryInteger) -> ManifestNode { ManifestNode(.number("\(value)")) }

    private mutating func object(_ keys: ObjectKeys) -> ManifestNode {
        let others = keys.instead?.others ?? []
        let required = keys.keys.filter(\.isRequired).map(\.name).filter { !others.contains($0) }
        let properties = keys.keys.map { key in
            var value = self.node(key.value)
            if !key.purpose.isEmpty { value.set("description", to: .string(Self.sentence(key.purpose))) }
            return ManifestNode.Member(key: key.name, value: value)
        }
        var node: ManifestNode = .object([
            "type": .string("object"),
            "additionalProperties": ManifestNode(.boolean(false)),
            "required": required.isEmpty ? nil : Self.list(required),
            "properties": ManifestNode(.object(properties)),
        ])
        if let rule = keys.objectUnless {
            let isObject = ManifestNode(
                .object([.init(key: rule.object, value: .object(["type": .string("object")]))])
            )
            let choices: [ManifestNode] = [
                .object(["required": Self.list([rule.absent])]), .object(["properties": isObject]),
            ]
            node.set("anyOf", to: ManifestNode(.array(choices)))
        }
        if let rule = keys.instead {
            let word = ManifestNode(.object([.init(key: rule.key, value: .object(["const": .string(rule.word)]))]))
            let choices: [ManifestNode] = [
                .object(["required": Self.list([rule.word]), "properties": word]),
                .object(["required": Self.list(rule.others)]),
            ]
            node.set("anyOf", to: ManifestNode(.array(choices)))
        }
        return node
    }

    private mutating func node(_ shape: ValueShape) -> ManifestNode {
        switch shape {
        case .text(let text): return self.text(text)
        case .words(let words):
            return words.count == 1 ? .object(["const": .string(words[0])]) : .object(["enum": Self.list(words)])
        case .integer(let range): return Self.integer(range)
        case .boolean: return .object(["type": .string("boolean")])
        case .decimal: return define("decimal", Self.decimal)
        case .span(let range):
            var node = define("span", Self.span)
            node.set("description", to: .string("From \(range.lowerBound) to \(range.upperBound)."))
            return node
        case .amount(let least): return define(least == 0 ? "hostsOrNone" : "hosts", Self.amount(from: least))
        case .memory(let range):
            let bytes = range.lowerBound.bytes...range.upperBound.bytes
            return Self.choice(Self.text(Self.memoryPattern), Self.integer(bytes))
        case .processors(let range):
            let whole = max(1, range.lowerBound.millis / 1000)...range.upperBound.millis / 1000
            return Self.choice(Self.text(Self.processorsPattern), Self.integer(whole))
        case .list(let element, let count, let isSet):
            return .object([
                "type": .string("array"),
                "minItems": count.lowerBound > 0 ? Self.number(count.lowerBound) : nil,
                "maxItems": Self.number(count.upperBound),
                "uniqueItems": isSet ? ManifestNode(.boolean(true)) : nil,
                "items": node(element),
            ])
        case .object(let keys): return object(keys)
        case .texts(let limit, let keys, let values):
            return .object([
                "type": .string("object"),
                "maxProperties": Self.number(limit),
                "propertyNames": text(keys),
                "additionalProperties": text(values),
            ])
        case .integers(let limit, let keys, let values):
            return .object([
                "type": .string("object"),
                "maxProperties": Self.number(limit),
                "propertyNames": text(keys),
                "additionalProperties": Self.integer(values),
            ])
        case .variables(let limit, let values):
            return .object([
                "type": .string("object"),
                "maxProperties": Self.number(limit),
                "propertyNames": text(.variable),
                "additionalProperties": Self.choice(text(values), object(VariableManifest.keys)),
            ])
        case .oneOf(let shapes):
            let choices = shapes.map { node($0) }
            return .object(["oneOf": ManifestNode(.array(choices))])
        case .days: return define("days", Self.days)
        case .anyObject: return .object(["type": .string("object")])
        case .anything: return .object([:])
        }
    }

    private mutating func text(_ shape: TextShape) -> ManifestNode {
        let node: ManifestNode = .object([
            "type": .string("string"),
            "description": shape.purpose.map { .string($0) },
            "minLength": shape.lengths.lowerBound > 0 ? Self.number(shape.lengths.lowerBound) : nil,
            "maxLength": Self.number(shape.lengths.upperBound),
            "pattern": shape.pattern.map { .string($0) },
        ])
        return shape.name.map { define($0, node) } ?? node
    }

    private mutating func define(_ name: String, _ node: ManifestNode) -> ManifestNode {
        definitions[name] = node
        return .object(["$ref": .string("#/$defs/\(name)")])
    }

    // MARK: Values of one form

    private static let memoryPattern = "^[0-9]{1,18}(\\.[0-9]{1,9})?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$"
    private static let processorsPattern = "^([0-9]{1,18}(\\.[0-9]{1,9})?|[0-9]{1,18}m)$"

    private static func text(_ pattern: String) -> ManifestNode {
        .object(["type": .string("string"), "pattern": .string(pattern)])
    }

    private static func integer(_ range: ClosedRange<Int64>) -> ManifestNode {
        .object([
            "type": .string("integer"), "minimum": number(range.lowerBound), "maximum": number(range.upperBound),
        ])
    }

    private static func choice(_ choices: ManifestNode...) -> ManifestNode {
        .object(["oneOf": ManifestNode(.array(choices))])
    }

    private static let span: ManifestNode = .object([
        "type": .string("string"),
        "description": .string("A length of time, like 10s, 1m30s, 250ms."),
        "minLength": number(2),
        "pattern": .string("^([0-9]{1,12}h)?([0-9]{1,12}m)?([0-9]{1,12}s)?([0-9]{1,12}ms)?$"),
    ])

    private static let decimal: ManifestNode = {
        var node = choice(
            .object(["type": .string("number"), "minimum": number(0)]),
            text("^(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$")
        )
        node.set("description", to: .string("A decimal that is not negative."))
        return node
    }()

    private static func amount(from least: Int) -> ManifestNode {
        let share = least == 0 ? "^(0*(100|[1-9][0-9]?)|0+)%$" : "^0*(100|[1-9][0-9]?)%$"
        var node = choice(integer(Int64(least)...Int64(ManifestLimits.hosts)), text(share))
        node.set("description", to: .string("A number of hosts, or a share of the list."))
        return node
    }

    private static let days: ManifestNode = {
        let words = "mon|tue|wed|thu|fri|sat|sun"
        let set: ManifestNode = .object([
            "type": .string("array"), "minItems": number(1), "maxItems": number(7),
            "uniqueItems": ManifestNode(.boolean(true)),
            "items": .object(["enum": list(words.split(separator: "|").map { String($0) })]),
        ])
        var node = choice(text("^(\(words))(-(\(words)))?$"), set)
        node.set("description", to: .string("Days, like mon, mon-fri or [mon, wed]."))
        return node
    }()

    /// A purpose as a sentence.
    private static func sentence(_ purpose: String) -> String {
        purpose.prefix(1).uppercased() + purpose.dropFirst() + "."
    }
}

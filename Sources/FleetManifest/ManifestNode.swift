package import Fleet

/// A value as it was written: numbers keep their digits, objects the order of their members, everything its place.
package struct ManifestNode: Hashable, Sendable {
    /// One key of an object with its value.
    package struct Member: Hashable, Sendable {
        /// The key.
        package var key: String
        /// Where the key stands.
        package var place: SourcePlace?
        /// What it has.
        package var value: ManifestNode

        /// One key with its value.
        package init(key: String, place: SourcePlace? = nil, value: ManifestNode) {
            self.key = key
            self.place = place
            self.value = value
        }
    }

    /// What was written.
    package enum Value: Hashable, Sendable {
        case null
        case boolean(Bool)
        /// The literal, in JSON's grammar.
        case number(String)
        case string(String)
        /// An unquoted word that YAML's versions read differently: `yes`, `0x1F`, `1_000`, `12:30`. Nobody guesses.
        case ambiguous(String)
        case array([ManifestNode])
        case object([Member])
    }

    /// What was written.
    package var value: Value
    /// Where it stands.
    package var place: SourcePlace?
    /// Where the first character of a text stands, when the text stands on one line as it reads.
    package var textPlace: SourcePlace?

    /// A value.
    package init(_ value: Value, place: SourcePlace? = nil, textPlace: SourcePlace? = nil) {
        self.value = value
        self.place = place
        self.textPlace = textPlace
    }

    /// An object of members in this order; those that are `nil` are left out.
    package static func object(_ members: KeyValuePairs<String, ManifestNode?>) -> ManifestNode {
        ManifestNode(.object(members.compactMap { key, value in value.map { Member(key: key, value: $0) } }))
    }

    /// An object of texts, by key.
    package static func object(texts: [String: String]) -> ManifestNode {
        let sorted = texts.sorted { $0.key < $1.key }
        return ManifestNode(.object(sorted.map { Member(key: $0.key, value: .string($0.value)) }))
    }

    /// An object of whole numbers, by key.
    package static func object(numbers: [String: UInt16]) -> ManifestNode {
        let sorted = numbers.sorted { $0.key < $1.key }
        return ManifestNode(
            .object(sorted.map { Member(key: $0.key, value: ManifestNode(.number(String($0.value)))) })
        )
    }

    /// A text.
    package static func string(_ text: String) -> ManifestNode { ManifestNode(.string(text)) }

    /// The value of the first member with this key.
    package subscript(key: String) -> ManifestNode? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// Replaces or appends a member of an object; nothing happens to another value.
    package mutating func set(_ key: String, to node: ManifestNode) {
        guard case .object(var members) = value else { return }
        if let index = members.firstIndex(where: { $0.key == key }) {
            members[index].value = node
        } else {
            members.append(Member(key: key, value: node))
        }
        value = .object(members)
    }

    /// What it is, for messages.
    package var sort: String {
        switch value {
        case .null: "empty"
        case .boolean(let value): "the word \(value), which is no text"
        case .number: "a number"
        case .string: "a text"
        case .ambiguous(let text):
            text.contains(where: \.isNumber) || text.hasSuffix("inf") || text.hasSuffix("nan")
                ? "'\(text)', which some versions of YAML read as a number"
                : "'\(text)', which some versions of YAML read as true or false"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension ManifestNode {
    /// A value of the API; the members that begin a manifest come first, the others by name.
    package init(json: JSONValue) {
        switch json {
        case .null: self.init(.null)
        case .boolean(let value): self.init(.boolean(value))
        case .integer, .number: self.init(.number(json.compactText))
        case .string(let text): self.init(.string(text))
        case .array(let elements): self.init(.array(elements.map { ManifestNode(json: $0) }))
        case .object(let members):
            let first = ["apiVersion", "kind", "metadata", "name"]
            let keys = members.keys.sorted { left, right in
                (first.firstIndex(of: left) ?? first.count, left) < (first.firstIndex(of: right) ?? first.count, right)
            }
            self.init(
                .object(keys.compactMap { key in members[key].map { Member(key: key, value: ManifestNode(json: $0)) } })
            )
        }
    }

    /// The same as the API's value; digits beyond a double's precision are lost.
    package var jsonValue: JSONValue {
        switch value {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .number(let literal): Int64(literal).map { .integer($0) } ?? .number(Double(literal) ?? 0)
        case .string(let text), .ambiguous(let text): .string(text)
        case .array(let elements): .array(elements.map(\.jsonValue))
        case .object(let members):
            .object(Dictionary(members.map { ($0.key, $0.value.jsonValue) }, uniquingKeysWith: { $1 }))
        }
    }
}

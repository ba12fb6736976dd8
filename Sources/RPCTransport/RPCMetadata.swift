/// Header or trailer fields in order, as a caller gives them or a peer sent them. Names are lower case (RFC 9113 §8.2).
package struct RPCMetadata: Sendable, Hashable {
    /// One field; the same name may occur again.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var fields: [Field]

    package init(_ fields: [Field] = []) {
        self.fields = fields
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// Appends a field. The name must be lower case and neither part may hold a control character.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The first value of a name, or nil.
    package subscript(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}

extension RPCMetadata: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { Field(name: $0.0, value: $0.1) })
    }
}

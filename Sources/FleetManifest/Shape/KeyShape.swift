/// A key of an object: what it is for, and what it may have.
package struct KeyShape: Sendable {
    /// As it is written.
    package var name: String
    /// For people, without a full stop: what it is for, and what holds where it is left out.
    package var purpose: String
    /// Whether it must be there.
    package var isRequired: Bool
    /// What to write where it is missing, like `update: sideBySide`.
    package var example: String?
    /// What it may have.
    package var value: ValueShape

    private init(_ name: String, _ purpose: String, _ value: ValueShape, isRequired: Bool, example: String?) {
        self.name = name
        self.purpose = purpose
        self.value = value
        self.isRequired = isRequired
        self.example = example
    }

    /// A key that must be there; `example` is what to write where it is not.
    package static func required(_ name: String, _ purpose: String, _ value: ValueShape, like example: String? = nil)
        -> KeyShape
    {
        KeyShape(name, purpose, value, isRequired: true, example: example)
    }

    /// A key that may be left out.
    package static func optional(_ name: String, _ purpose: String, _ value: ValueShape) -> KeyShape {
        KeyShape(name, purpose, value, isRequired: false, example: nil)
    }

    /// A key of which only the name is known here.
    static func named(_ name: String) -> KeyShape {
        KeyShape(name, "", .anything, isRequired: false, example: nil)
    }
}

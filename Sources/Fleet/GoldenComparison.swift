/// Compares a golden probe's answer with what was recorded: `GoldenProbe` has the rules.
package struct GoldenComparison: Sendable {
    private let expected: JSONValue
    private let absolute: Double
    private let relative: Double
    private let select: JSONPath

    /// A comparison of the part that `select` leads to; tolerances are not negative.
    package init(expected: JSONValue, absolute: Double, relative: Double, select: JSONPath = .root) {
        self.expected = expected
        self.absolute = absolute
        self.relative = relative
        self.select = select
    }

    /// The first difference, for people: JSON path (RFC 9535), expected, got; `nil` when the answer matches.
    package func difference(in answer: JSONValue) -> String? { differences(in: answer, limit: 1).first }

    /// Up to `limit` differences, in the order of the document.
    package func differences(in answer: JSONValue, limit: Int) -> [String] {
        var found: [String] = []
        collect(expected, select.value(in: answer), at: "\(select)", limit, &found)
        return found
    }

    private func collect(
        _ expected: JSONValue,
        _ got: JSONValue?,
        at path: String,
        _ limit: Int,
        _ found: inout [String]
    ) {
        guard found.count < limit else { return }
        guard let got else {
            return found.append("at \(path) expected \(Self.excerpt(expected.compactText)), got nothing")
        }
        switch (expected, got) {
        case (.object(let members), .object(let others)):
            for member in members.sorted(by: { $0.key < $1.key }) {
                collect(member.value, others[member.key], at: "\(path).\(member.key)", limit, &found)
            }
        case (.array(let elements), .array(let others)):
            guard elements.count == others.count else {
                return found.append("at \(path) expected \(elements.count) elements, got \(others.count)")
            }
            for index in elements.indices {
                collect(elements[index], others[index], at: "\(path)[\(index)]", limit, &found)
            }
        default:
            if let difference = difference(expected, got, at: path) { found.append(difference) }
        }
    }

    private func difference(_ expected: JSONValue, _ got: JSONValue, at path: String) -> String? {
        if let number = expected.asDouble, let other = got.asDouble {
            let tolerance = absolute + relative * number.magnitude
            guard (number - other).magnitude > tolerance else { return nil }
            return "at \(path) expected \(expected.compactText) ± \(tolerance), got \(got.compactText)"
        }
        guard expected != got else { return nil }
        return "at \(path) expected \(Self.excerpt(expected.compactText)), got \(Self.excerpt(got.compactText))"
    }

    private static func excerpt(_ text: String) -> String {
        text.count > 80 ? "\(text.prefix(80))…" : text
    }
}

extension JSONValue {
    fileprivate var asDouble: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null, .boolean, .string, .array, .object: nil
        }
    }
}

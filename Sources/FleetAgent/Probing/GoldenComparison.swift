package import Fleet

/// Compares a golden probe's answer with what was recorded: `GoldenProbe` has the rules.
package struct GoldenComparison: Sendable {
    private let expected: JSONValue
    private let absolute: Double
    private let relative: Double

    /// A comparison. Throws `refused` when the probe's own texts are no JSON or no tolerances.
    package init(_ probe: GoldenProbe) throws(AgentError) {
        guard let expected = try? JSONCoding.decode(JSONValue.self, from: probe.expect.utf8) else {
            throw AgentError(.refused, "the golden probe's 'expect' is no JSON; push the model version again")
        }
        guard let absolute = Double(probe.absolute), let relative = Double(probe.relative), absolute >= 0,
            relative >= 0
        else {
            throw AgentError(.refused, "the golden probe's tolerances are no numbers; push the model version again")
        }
        self.expected = expected
        self.absolute = absolute
        self.relative = relative
    }

    /// The first difference, for people: JSON path (RFC 9535), expected, got; `nil` when the answer matches.
    package func difference(in answer: [UInt8]) -> String? {
        guard let value = try? JSONCoding.decode(JSONValue.self, from: answer) else {
            return "the answer is no JSON: \(Self.excerpt(String(decoding: answer.prefix(200), as: UTF8.self)))"
        }
        return difference(expected, value, at: "$")
    }

    private func difference(_ expected: JSONValue, _ got: JSONValue?, at path: String) -> String? {
        guard let got else { return "at \(path) expected \(Self.excerpt(expected.compactText)), got nothing" }
        switch (expected, got) {
        case (.object(let members), .object(let others)):
            return members.sorted { $0.key < $1.key }.lazy
                .compactMap { difference($0.value, others[$0.key], at: "\(path).\($0.key)") }.first
        case (.array(let elements), .array(let others)):
            guard elements.count == others.count else {
                return "at \(path) expected \(elements.count) elements, got \(others.count)"
            }
            return zip(elements, others).enumerated().lazy
                .compactMap { difference($0.element.0, $0.element.1, at: "\(path)[\($0.offset)]") }.first
        default:
            if let number = expected.asDouble, let other = got.asDouble {
                let tolerance = absolute + relative * number.magnitude
                guard (number - other).magnitude > tolerance else { return nil }
                return "at \(path) expected \(expected.compactText) ± \(tolerance), got \(got.compactText)"
            }
            guard expected != got else { return nil }
            return "at \(path) expected \(Self.excerpt(expected.compactText)), got \(Self.excerpt(got.compactText))"
        }
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

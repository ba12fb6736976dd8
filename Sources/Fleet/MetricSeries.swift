/// Which samples of a server's page of figures are meant: a name, and labels that they must have or must not, as
/// Prometheus writes it: `http_requests_total{code!="200"}` (https://prometheus.io/docs/prometheus/latest/querying/basics/).
/// Samples that differ only in labels that are not named are meant all together. Regular expressions are not known.
package struct MetricSeries: Hashable, Sendable {
    /// What one label must be.
    package struct Condition: Hashable, Sendable {
        /// The label's name.
        package var label: String
        /// Its value, or what it must not be. A label that is not there has the empty value.
        package var value: String
        /// Whether it must have the value; else it must not.
        package var isEqual: Bool
    }

    /// Why a text is none.
    package struct Problem: Error, Hashable, Sendable {
        /// For people; it follows the text.
        package var message: String
    }

    /// The samples' whole name, `_total`, `_sum` or `_count` included.
    package let name: String
    /// All must hold.
    package let conditions: [Condition]

    /// Reads `name` or `name{label="value", other!="value"}`.
    package init(_ text: String) throws(Problem) {
        var rest = text[...]
        let name = rest.prefix { Self.isOfName($0) || $0 == ":" }
        rest = rest.dropFirst(name.count)
        guard let first = name.first, !first.isNumber else {
            throw Problem(message: "does not begin with a metric's name: letters, digits, '_' and ':'")
        }
        self.name = String(name)
        rest = Self.withoutSpaces(rest)
        var conditions: [Condition] = []
        if rest.first == "{" {
            rest = Self.withoutSpaces(rest.dropFirst())
            while rest.first != "}" {
                conditions.append(try Self.condition(&rest))
                rest = Self.withoutSpaces(rest)
                guard rest.first == "," else { break }
                rest = Self.withoutSpaces(rest.dropFirst())
            }
            guard rest.first == "}" else { throw Problem(message: "has no '}' behind its labels") }
            rest = Self.withoutSpaces(rest.dropFirst())
        }
        guard rest.isEmpty else { throw Problem(message: "goes on with '\(rest)' behind the name") }
        self.conditions = conditions
    }

    private init(name: String, conditions: [Condition] = []) {
        self.name = name
        self.conditions = conditions
    }

    /// All samples of a name that the program itself knows.
    package static func named(_ name: String) -> MetricSeries { MetricSeries(name: name) }

    /// What stands for the model's name in the value of a label.
    package static let model = "{model.name}"

    /// Whether a label picks one model's samples.
    package var namesModel: Bool { conditions.contains { $0.value.contains(Self.model) } }

    /// The same, with a model's name for `{model.name}` in the values of labels.
    package func naming(model: String) -> MetricSeries {
        MetricSeries(
            name: name,
            conditions: conditions.map { condition in
                var condition = condition
                condition.value = condition.value.replacing(Self.model, with: model)
                return condition
            }
        )
    }

    private static func condition(_ rest: inout Substring) throws(Problem) -> Condition {
        let label = rest.prefix(while: isOfName)
        rest = withoutSpaces(rest.dropFirst(label.count))
        guard let first = label.first, !first.isNumber else {
            throw Problem(message: #"names no label between '{' and '}'; write it like {code="500"}"#)
        }
        guard !rest.hasPrefix("=~"), !rest.hasPrefix("!~") else {
            throw Problem(
                message: #"holds a regular expression; write one text for each value, or what it is not: {code!="200"}"#
            )
        }
        let isEqual = rest.first == "="
        guard isEqual || rest.hasPrefix("!=") else {
            throw Problem(message: "says neither = nor != of the label '\(label)'")
        }
        rest = withoutSpaces(rest.dropFirst(isEqual ? 1 : 2))
        guard rest.popFirst() == "\"" else { throw Problem(message: "has no quotes around the value of '\(label)'") }
        var value = ""
        while true {
            guard let character = rest.popFirst() else {
                throw Problem(message: "has no quote behind the value of '\(label)'")
            }
            guard character != "\"" else { break }
            guard character == "\\" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": value.append("\n")
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            default: throw Problem(message: "holds a backslash before none of n, \\ and \"")
            }
        }
        return Condition(label: String(label), value: value, isEqual: isEqual)
    }

    private static func isOfName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    private static func withoutSpaces(_ text: Substring) -> Substring { text.drop { $0 == " " } }
}

extension MetricSeries: CustomStringConvertible {
    package var description: String {
        guard !conditions.isEmpty else { return name }
        let labels = conditions.map { condition in
            let value = condition.value.map { sign in
                switch sign {
                case "\n": "\\n"
                case "\\", "\"": "\\\(sign)"
                default: "\(sign)"
                }
            }
            return "\(condition.label)\(condition.isEqual ? "=" : "!=")\"\(value.joined())\""
        }
        return "\(name){\(labels.joined(separator: ","))}"
    }
}

extension MetricSeries: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(Problem) {
            self = try MetricSeries(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' \(error.message)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Writes metrics as Prometheus text format 0.0.4: one family after the other, each with its help and type.
package struct ExpositionWriter: Sendable {
    /// What was written.
    package private(set) var text = ""

    /// Nothing was written.
    package init() {}

    /// Begins a family: its samples follow.
    package mutating func family(_ name: String, _ type: MetricType, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) "
        text += type == .unknown ? "untyped\n" : "\(type.rawValue)\n"
    }

    /// One sample of the family that was begun last.
    ///
    /// - Parameter labels: in this order.
    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }.joined(separator: ",")
            text += "}"
        }
        text += " \(Self.number(value))\n"
    }

    /// A family of one sample without labels.
    package mutating func single(_ name: String, _ type: MetricType, _ help: String, _ value: Double) {
        family(name, type, help)
        sample(name, [], value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}

/// A length of time, in milliseconds. Written as people write it: `1h30m`, `5m`, `10s`, `250ms`.
package struct Span: Hashable, Sendable, Comparable {
    /// Its length in milliseconds.
    package var milliseconds: Int64

    /// So many milliseconds.
    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// So many seconds.
    package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1000) }

    /// Reads `1h30m`, `5m`, `10s`, `250ms`: whole numbers, units falling, each at most once; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let units: [(String, Int64)] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
        var rest = Substring(text)
        var next = 0
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, digits.count <= 12, let count = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let index = units.firstIndex(where: { $0.0 == unit }), index >= next else { return nil }
            next = index + 1
            let (product, overflow) = count.multipliedReportingOverflow(by: units[index].1)
            guard !overflow else { return nil }
            total += product
        }
        milliseconds = total
    }

    package static func < (left: Span, right: Span) -> Bool { left.milliseconds < right.milliseconds }
}

extension Span: CustomStringConvertible {
    /// The shortest text that reads back as the same span.
    package var description: String {
        guard milliseconds > 0 else { return "0s" }
        var rest = milliseconds
        var text = ""
        for (unit, size) in [("h", Int64(3_600_000)), ("m", 60_000), ("s", 1000), ("ms", 1)] where rest >= size {
            text += "\(rest / size)\(unit)"
            rest %= size
        }
        return text
    }
}

extension Span: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let span = Span(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a length of time: \(text)")
        }
        self = span
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A share of processors, written as Kubernetes writes it: `2`, `1.5`, `250m`.
package struct ProcessorQuantity: Hashable, Sendable, Comparable {
    /// In thousandths of one processor.
    package var millis: Int64

    /// So many thousandths of one processor.
    package init(millis: Int64) {
        self.millis = millis
    }

    /// Reads a number with up to three decimals, or whole thousandths with the suffix `m`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let isMillis = text.hasSuffix("m")
        guard let millis = Decimals.scaled(Substring(isMillis ? text.dropLast() : text[...]), by: isMillis ? 1 : 1000)
        else { return nil }
        self.millis = millis
    }

    package static func < (left: ProcessorQuantity, right: ProcessorQuantity) -> Bool { left.millis < right.millis }
}

extension ProcessorQuantity: CustomStringConvertible {
    /// In processors, with as many decimals as needed.
    package var description: String {
        guard millis % 1000 != 0 else { return "\(millis / 1000)" }
        var decimals = "\(1000 + millis % 1000)".dropFirst()
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(millis / 1000).\(decimals)"
    }
}

extension ProcessorQuantity: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let quantity = ProcessorQuantity(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not a share of processors: \(text)"
            )
        }
        self = quantity
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

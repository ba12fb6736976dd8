/// A number of hosts, or a share of a list of hosts: `3`, `10%`.
package enum Amount: Hashable, Sendable {
    /// So many hosts: 0…
    case count(Int)
    /// So many in a hundred of the list: 0…100.
    case percent(Int)

    /// Reads `3` and `10%`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let isPercent = text.hasSuffix("%")
        let digits = isPercent ? Substring(text).dropLast() : Substring(text)
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(digits), !isPercent || number <= 100
        else { return nil }
        self = isPercent ? .percent(number) : .count(number)
    }

    /// How many of a list's hosts it takes: a share is rounded up, at least 1 of a list that has one, at most all.
    package func hosts(of size: Int) -> Int {
        switch self {
        case .count(let count): min(count, size)
        case .percent(let percent): min(max((size * percent + 99) / 100, 1), size)
        }
    }

    /// How many of a list's hosts it tolerates: a share is rounded down and may be 0.
    package func tolerated(of size: Int) -> Int {
        switch self {
        case .count(let count): min(count, size)
        case .percent(let percent): size * percent / 100
        }
    }
}

extension Amount: CustomStringConvertible {
    /// The text that reads back as the same amount.
    package var description: String {
        switch self {
        case .count(let count): "\(count)"
        case .percent(let percent): "\(percent)%"
        }
    }
}

extension Amount: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let amount = Amount(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number of hosts: \(text)")
        }
        self = amount
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

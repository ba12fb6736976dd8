import NIOCore

/// The `grpc-timeout` header (gRPC over HTTP/2, "Timeout"): at most eight digits and a unit.
enum RPCTimeout {
    /// The time a header value stands for, or nil when it is malformed.
    static func parse(_ text: String) -> TimeAmount? {
        guard let unit = text.last, text.count >= 2, text.count <= 9 else { return nil }
        let digits = text.dropLast()
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let amount = Int64(digits) else { return nil }
        switch unit {
        case "H": return .hours(amount)
        case "M": return .minutes(amount)
        case "S": return .seconds(amount)
        case "m": return .milliseconds(amount)
        case "u": return .microseconds(amount)
        case "n": return .nanoseconds(amount)
        default: return nil
        }
    }

    /// A header value for a time, rounded up to what eight digits can say; never negative.
    static func text(of time: TimeAmount) -> String {
        let nanoseconds = max(0, time.nanoseconds)
        let units: [(Int64, String)] = [
            (1, "n"), (1_000, "u"), (1_000_000, "m"), (1_000_000_000, "S"), (60_000_000_000, "M"),
        ]
        for (size, unit) in units {
            let amount = nanoseconds / size + (nanoseconds % size == 0 ? 0 : 1)
            if amount < 100_000_000 { return "\(amount)\(unit)" }
        }
        return "\(min(99_999_999, nanoseconds / 3_600_000_000_000))H"
    }
}

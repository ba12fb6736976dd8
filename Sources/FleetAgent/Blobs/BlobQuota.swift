import Fleet

/// How much of the disk blobs and bundles may take.
package enum BlobQuota: Hashable, Sendable {
    /// So many bytes.
    case bytes(Int64)
    /// 1…100 percent of what they take and what is free, together.
    case percent(Int64)

    /// What holds when nothing is said.
    package static let standard = BlobQuota.percent(80)

    /// Reads `80%` or an amount such as `200Gi`; `nil` for anything else.
    package init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let percent = Int64(text.dropLast()), (1...100).contains(percent) else { return nil }
            self = .percent(percent)
        } else {
            guard let amount = ByteQuantity(text), amount.bytes > 0 else { return nil }
            self = .bytes(amount.bytes)
        }
    }

    /// The most bytes that may be taken.
    func limit(used: Int64, free: Int64) -> Int64 {
        switch self {
        case .bytes(let bytes): bytes
        case .percent(let percent): (used + free) / 100 * percent
        }
    }
}

extension BlobQuota: CustomStringConvertible {
    /// As it is written.
    package var description: String {
        switch self {
        case .bytes(let bytes): "\(ByteQuantity(bytes: bytes))"
        case .percent(let percent): "\(percent)%"
        }
    }
}

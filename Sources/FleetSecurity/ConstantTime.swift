package import Fleet

/// Comparison whose duration tells nothing about where two values differ.
package enum ConstantTime {
    /// Whether two digests are equal.
    package static func equal(_ left: Digest, _ right: Digest) -> Bool {
        var difference: UInt8 = 0
        for (one, other) in zip(left.bytes, right.bytes) { difference |= one ^ other }
        return difference == 0
    }
}

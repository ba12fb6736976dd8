/// Decimal numbers as people write them, without floating point.
package enum Decimals {
    /// `12` or `1.5`, times `scale`; `nil` when it is not such a number, has more than nine decimals, or when the product
    /// is not a whole number that fits.
    package static func scaled(_ text: Substring, by scale: Int64) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ isDigits($0) }), let whole = Int64(parts[0]) else {
            return nil
        }
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        guard parts[1].count <= 9, let fraction = Int64(parts[1]) else { return nil }
        let divisor = parts[1].reduce(Int64(1)) { power, _ in power * 10 }
        let (high, low) = fraction.multipliedFullWidth(by: scale)
        guard high < divisor else { return nil }
        let (quotient, remainder) = divisor.dividingFullWidth((high, low))
        let (sum, tooMuch) = product.addingReportingOverflow(quotient)
        return remainder == 0 && !tooMuch ? sum : nil
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.count <= 18 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

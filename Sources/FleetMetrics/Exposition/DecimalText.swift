/// Decimal numbers as exposition texts write them, to the nearest `Double` (ties to even), without copying.
enum DecimalText {
    /// Digits that a 64-bit significand holds whatever they are.
    private static let digits = 19
    /// The largest power of five in 64 bits is 5^27.
    private static let exponents = -27...27

    private static let powersOfFive: [UInt64] = {
        var powers: [UInt64] = [1]
        for _ in 0..<27 { powers.append((powers.last ?? 1) * 5) }
        return powers
    }()

    /// A number: digits with an optional sign, point and exponent, or `NaN`, `Inf`, `Infinity` in any case; `nil` for
    /// everything else, hexadecimal and digit separators included.
    static func double(_ token: ExpositionToken, in document: Span<UInt8>) -> Double? {
        var place = token.range.lowerBound
        let end = token.range.upperBound
        guard place < end else { return nil }
        let isNegative = document[place] == UInt8(ascii: "-")
        if isNegative || document[place] == UInt8(ascii: "+") { place += 1 }
        let begin = place
        var (significand, exponent, seen) = (UInt64(0), 0, 0)
        var isExact = true
        var isFraction = false
        while place < end {
            let digit = document[place] &- UInt8(ascii: "0")
            if digit < 10 {
                seen += 1
                // Leading zeros are no digits yet.
                if significand < 1_000_000_000_000_000_000 {
                    significand = significand * 10 + UInt64(digit)
                    if isFraction { exponent -= 1 }
                } else {
                    isExact = false
                }
            } else if document[place] == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else {
                break
            }
            place += 1
        }
        guard seen > 0 else { return word(ExpositionToken(begin..<end), isNegative: isNegative, in: document) }
        if place < end {
            guard let power = power(at: place, end: end, in: document) else { return nil }
            exponent += power
        }
        let magnitude: Double? =
            isExact && (exponents.contains(exponent) || significand == 0)
            ? scaled(significand, exponent)
            // Rare: many digits, or an exponent beyond what 128 bits can hold.
            : Double(ExpositionToken(begin..<end).text(in: document))
        return magnitude.map { isNegative ? -$0 : $0 }
    }

    /// The power of ten after `e`; held below what could overflow.
    private static func power(at begin: Int, end: Int, in document: Span<UInt8>) -> Int? {
        guard document[begin] | 0x20 == UInt8(ascii: "e") else { return nil }
        var place = begin + 1
        guard place < end else { return nil }
        let isNegative = document[place] == UInt8(ascii: "-")
        if isNegative || document[place] == UInt8(ascii: "+") { place += 1 }
        guard place < end else { return nil }
        var power = 0
        while place < end {
            let digit = document[place] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            if power < 100_000 { power = power * 10 + Int(digit) }
            place += 1
        }
        return isNegative ? -power : power
    }

    private static func word(_ token: ExpositionToken, isNegative: Bool, in document: Span<UInt8>) -> Double? {
        if isWord("nan", token, in: document) { return .nan }
        guard isWord("inf", token, in: document) || isWord("infinity", token, in: document) else { return nil }
        return isNegative ? -.infinity : .infinity
    }

    private static func isWord(_ word: StaticString, _ token: ExpositionToken, in document: Span<UInt8>) -> Bool {
        guard token.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            for offset in 0..<letters.count where document[token.range.lowerBound + offset] | 0x20 != letters[offset] {
                return false
            }
            return true
        }
    }

    /// `significand` · 10^`exponent`, rounded once: powers of five in whole numbers, powers of two in the exponent.
    private static func scaled(_ significand: UInt64, _ exponent: Int) -> Double {
        guard significand > 0, exponent != 0 else { return Double(significand) }
        guard exponent < 0 else {
            let product = UInt128(significand) * UInt128(powersOfFive[exponent])
            return Double(product) * power(ofTwo: exponent)
        }
        let shift = 64 + significand.leadingZeroBitCount
        let numerator = UInt128(significand) << UInt128(shift)
        let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: UInt128(powersOfFive[-exponent]))
        // The quotient has more than 64 bits: what is left over can only break a tie.
        let sticky = rest == 0 ? quotient : quotient | 1
        return Double(sticky) * power(ofTwo: exponent - shift)
    }

    private static func power(ofTwo exponent: Int) -> Double {
        Double(sign: .plus, exponent: exponent, significand: 1)
    }
}

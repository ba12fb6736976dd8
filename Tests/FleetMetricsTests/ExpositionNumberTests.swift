import FleetMetrics
import FleetTestSupport
import Testing

/// Numbers are read to the nearest `Double`: the standard library's own parser is the oracle.
@Suite struct ExpositionNumberTests {
    private func value(_ text: String) -> Double? { ReadDocument("x \(text)\n").samples.first?.value }

    @Test(
        arguments: [
            "0", "-0", "1", "+1", "1.", ".5", "00012.50", "1e0", "1E+3", "1e-3", "123456789012345678",
            "12345678901234567890", "0.1", "0.30000000000000004", "2.2250738585072014e-308", "4.9e-324", "1e-400",
            "1.7976931348623157e308", "1e400", "9007199254740993", "9007199254740992.5", "1e22", "1e23", "1e27", "1e28",
            "8.5e-23", "123456789012345.678901234567890", "0.000000000000000000000000000001", "1e99999999999",
            "9999999999999999999", "10000000000000000001", "18446744073709551615", "18446744073709551616",
        ]
    )
    func readsDecimals(text: String) throws {
        let expected = try #require(Double(text.hasPrefix(".") ? "0\(text)" : text.hasSuffix(".") ? "\(text)0" : text))
        #expect(value(text)?.bitPattern == expected.bitPattern)
    }

    @Test(arguments: ["NaN", "nan", "+Inf", "-inf", "Infinity", "-INFINITY", "Inf"])
    func readsWords(text: String) throws {
        let read = try #require(value(text))
        let expected = try #require(Double(text))
        #expect(read == expected || (read.isNaN && expected.isNaN))
    }

    @Test(arguments: 1...40)
    func agreesWithTheStandardLibrary(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let text: String
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: text = "\(Double(bitPattern: UInt64.random(in: 0...(0x7FEF << 48), using: &dice)))"
            case 1: text = "\(Double.random(in: -1e6...1e6, using: &dice))"
            case 2:
                let digits = (0..<Int.random(in: 1...24, using: &dice)).map { _ in
                    "\(Int.random(in: 0...9, using: &dice))"
                }
                text = "\(digits.joined())e\(Int.random(in: -40...40, using: &dice))"
            default:
                // Halfway between two doubles, and beside it.
                let odd = UInt64.random(in: (1 << 53)..<(1 << 54), using: &dice)
                text = "\(odd).\(Int.random(in: 0...2, using: &dice) == 0 ? "0" : "5")"
            }
            #expect(value(text)?.bitPattern == Double(text)?.bitPattern, "\(text), seed \(seed)")
        }
    }
}

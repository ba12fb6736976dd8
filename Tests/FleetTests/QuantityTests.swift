import Testing

@testable import Fleet

@Suite struct QuantityTests {
    @Test(arguments: [
        ("2Gi", 2 << 30, "2Gi"), ("1.5Gi", 3 << 29, "1536Mi"), ("1000M", 1_000_000_000, "1G"),
        ("1024k", 1_024_000, "1000Ki"),
        ("512", 512, "512"), ("0.5k", 500, "500"), ("0", 0, "0"), ("1Pi", 1 << 50, "1Pi"),
        ("9007199254740993", 9_007_199_254_740_993, "9007199254740993"),
    ])
    func bytesAreReadExactly(text: String, bytes: Int, written: String) throws {
        let quantity = try #require(ByteQuantity(text))
        #expect(quantity.bytes == Int64(bytes))
        #expect(quantity.description == written)
        #expect(ByteQuantity(written) == quantity)
    }

    @Test(arguments: [
        "", "Gi", "-1", "+1", "1 Gi", "2GB", "2gi", "1e3", "0.0001k", "1.5", ".5Gi", "1.Gi", "1.2.3", "９", "9000000Pi",
        "1.0000000001Gi",
    ])
    func whatIsNoAmountIsRefused(text: String) {
        #expect(ByteQuantity(text) == nil)
    }

    @Test(arguments: [
        ("2", 2000, "2"), ("1.5", 1500, "1.5"), ("250m", 250, "0.25"), ("1500m", 1500, "1.5"), ("0.001", 1, "0.001"),
        ("1.050", 1050, "1.05"),
    ])
    func processorsAreReadExactly(text: String, millis: Int, written: String) throws {
        let quantity = try #require(ProcessorQuantity(text))
        #expect(quantity.millis == Int64(millis))
        #expect(quantity.description == written)
        #expect(ProcessorQuantity(written) == quantity)
    }

    @Test(arguments: ["", "m", "1.5m", "0.0001", "1,5", "-1", "two"])
    func whatIsNoShareIsRefused(text: String) {
        #expect(ProcessorQuantity(text) == nil)
    }

    @Test(arguments: [
        (3 << 30, "3 GiB"), ((3 << 30) + (1 << 29), "3.5 GiB"), ((3 << 30) - 1, "2.9 GiB"), (512 << 20, "512 MiB"),
        (100, "100 bytes"),
    ])
    func amountsReadWell(bytes: Int, text: String) {
        #expect(ByteQuantity(bytes: Int64(bytes)).readable == text)
    }
}

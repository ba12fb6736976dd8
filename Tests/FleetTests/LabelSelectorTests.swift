import Testing

@testable import Fleet

@Suite struct LabelSelectorTests {
    private static let labels = ["env": "prod", "site": "lyon", "gpu": ""]

    @Test(arguments: [
        ("", true), ("env=prod", true), ("env==prod", true), ("env=dev", false), ("env!=dev", true), ("tier!=a", true),
        ("site in (lyon, ulm)", true), ("site in (ulm)", false), ("site notin (ulm)", true), ("tier notin (a)", true),
        ("gpu", true), ("!gpu", false), ("!tier", true), ("env=prod, site in (lyon,ulm), !tier", true),
        ("env=prod,site=ulm", false), ("gpu=", true),
    ])
    func selects(text: String, expected: Bool) throws {
        #expect(try LabelSelector(text).matches(Self.labels) == expected)
    }

    @Test(arguments: [
        ("env=prod,", 9), ("env in lyon", 7), ("env like x", 4), ("=x", 0), ("env in (a", 9), ("a b", 2), ("-a=b", 0),
        ("env=pröd", 4),
    ])
    func saysWhereItIsWrong(text: String, offset: Int) {
        #expect { try LabelSelector(text) } throws: { ($0 as? LabelSelector.Problem)?.offset == offset }
    }
}

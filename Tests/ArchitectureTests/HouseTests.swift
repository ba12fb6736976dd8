import Testing

/// The checkout keeps every rule of the house.
@Suite struct HouseTests {
    @Test("the tree is read") func treeIsRead() {
        #expect(SourceTree.checkout.files.contains { $0.path == "Tests/ArchitectureTests/HouseTests.swift" })
        #expect(SourceTree.checkout.targets.contains { $0.name == "Fleet" })
    }

    @Test(arguments: HouseRule.all) func houseKeeps(_ rule: HouseRule) {
        let violations = rule.violations(.checkout)
        #expect(
            violations.isEmpty,
            "\(rule.name)\n  where: \(violations.joined(separator: "\n         "))\n  why:   \(rule.reason)"
        )
    }
}

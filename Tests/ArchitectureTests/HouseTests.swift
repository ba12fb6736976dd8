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

    /// A budget that is not used up has fallen: its number follows, so that it cannot rise again unseen.
    @Test func budgetsAreTight() {
        for allowance in HouseRule.allowances {
            let seen = SourceTree.checkout.files.filter(\.isSource).map { $0.lines(with: allowance.token).count }
                .reduce(0, +)
            #expect(
                seen >= allowance.most,
                "lower the budget of \(allowance.token) to \(seen) in HouseRule+Budgets.swift"
            )
        }
        let strays = HouseRule.strays(in: .checkout).count
        #expect(strays >= HouseRule.mostStrays, "lower mostStrays to \(strays) in HouseRule+Shape.swift")
    }
}

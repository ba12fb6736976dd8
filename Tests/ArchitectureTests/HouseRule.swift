import Testing

/// One rule of the house: what it looks for, and the reason, which is what a failure says.
struct HouseRule: Sendable, CustomTestStringConvertible {
    let name: String
    let reason: String
    /// What breaks the rule in a tree, one line each, beginning with the place.
    let violations: @Sendable (SourceTree) -> [String]

    var testDescription: String { name }

    static let all: [HouseRule] = imports + purity + shape + budgets
}

extension HouseRule {
    /// A rule about files one by one: `find` returns the lines (and what stands there) that break it.
    static func perFile(
        _ name: String,
        reason: String,
        where applies: @escaping @Sendable (SourceFile) -> Bool,
        find: @escaping @Sendable (SourceFile) -> [(line: Int, what: String)]
    ) -> HouseRule {
        HouseRule(name: name, reason: reason) { tree in
            tree.files.filter(applies).flatMap { file in
                find(file).map { "\(file.path):\($0.line): \($0.what)" }
            }
        }
    }

    /// A rule that forbids tokens in some files.
    static func forbidden(
        _ name: String,
        tokens: [String],
        reason: String,
        where applies: @escaping @Sendable (SourceFile) -> Bool
    ) -> HouseRule {
        perFile(name, reason: reason, where: applies) { file in
            tokens.flatMap { token in file.lines(with: token).map { ($0, token) } }
        }
    }
}

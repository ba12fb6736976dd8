import Fleet

/// What a frozen controller says beside every host, read once for all of them.
///
/// Not `Sendable`: it lives within one transaction.
final class FrozenNotice {
    private var known: [Explanation]?

    /// Empty when it is not frozen.
    func explanations(orRead read: () throws -> [Explanation]) rethrows -> [Explanation] {
        if let known { return known }
        let explanations = try read()
        known = explanations
        return explanations
    }
}

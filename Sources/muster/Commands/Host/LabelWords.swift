import ArgumentParser
import Fleet

/// The words of `label`: names, `KEY=VALUE` to set, `KEY-` to take away, in any order.
struct LabelWords: Equatable {
    var names: [String] = []
    var set: [String: String] = [:]
    var removed: [String] = []

    /// Reads the words of a command line.
    init(_ words: [String]) throws {
        var pairs: [String] = []
        for word in words {
            if word.contains("=") {
                pairs.append(word)
            } else if word.hasSuffix("-") {
                let key = String(word.dropLast())
                if let problem = NameRule.problem(withLabelKey: key) {
                    throw ValidationError("the label key '\(key)' \(problem).")
                }
                removed.append(key)
            } else {
                names.append(word)
            }
        }
        set = try HostTokenCreate.labels(pairs)
        if let both = removed.first(where: { set[$0] != nil }) {
            throw ValidationError("the label '\(both)' is set and taken away at once.")
        }
        guard !pairs.isEmpty || !removed.isEmpty else {
            throw ValidationError("say what to change: KEY=VALUE sets a label, KEY- takes it away.")
        }
    }
}

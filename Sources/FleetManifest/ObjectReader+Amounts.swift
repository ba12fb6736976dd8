import Fleet

extension ObjectReader {
    /// A number of hosts or a share; `nil` when absent or wrong.
    ///
    /// - Parameter least: the smallest number or percentage.
    mutating func amount(_ key: String, from least: Int) -> Amount? {
        node(key).flatMap { amount($0, path: path.appending(key), from: least) }
    }

    /// The same of a value below the object.
    mutating func amount(_ node: ManifestNode, path: ManifestPath, from least: Int) -> Amount? {
        let most = ManifestLimits.hosts
        let hint = "a number of hosts from \(least) to \(most), or a share of the list from \(least)% to 100%"
        switch node.value {
        case .number(let literal):
            if let count = Int(literal), (least...most).contains(count) { return .count(count) }
            report("\(literal) is out of range", at: node, path: path, hint: hint)
        case .string(let text) where text.last == "%":
            if case .percent(let percent)? = Amount(text), percent >= least { return .percent(percent) }
            let isNumber = Int(text.dropLast()) != nil
            let message = isNumber ? "\(text) is out of range" : "'\(text)' is not a share"
            report(message, at: node, path: path, hint: hint)
        case .string(let text):
            report("'\(text)' is neither a number nor a share", at: node, path: path, hint: hint)
        case .null, .boolean, .ambiguous, .array, .object:
            report("must be a number or a share, and is \(node.sort)", at: node, path: path, hint: hint)
        }
        return nil
    }

    /// The objects of a list; `nil` elements reported their problem.
    mutating func objects<Element>(
        _ key: String,
        limit: Int,
        keys: ObjectKeys,
        read: (inout ObjectReader) -> Element?
    ) -> [Element] {
        guard has(key) else { return [] }
        let elements = list(key, limit: limit) { reader, node, path in
            var inner = ObjectReader(node, at: path, keys: keys)
            let element: Element? = if case .object = node.value { read(&inner) } else { nil }
            for problem in inner.problems { reader.report(problem) }
            return element
        }
        return elements ?? []
    }
}

extension ManifestNode {
    /// An amount as people write it.
    init(amount: Amount) {
        switch amount {
        case .count(let count): self.init(.number("\(count)"))
        case .percent: self.init(.string(amount.description))
        }
    }
}

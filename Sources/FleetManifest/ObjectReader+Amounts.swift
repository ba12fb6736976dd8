package import Fleet

/// Numbers and what people write with a unit.
extension ObjectReader {
    /// A whole number within the range of its shape.
    mutating func integer(_ key: String) -> Int64? {
        guard case (_, .integer(let range))? = shaped(key) else { return nil }
        return integer(key, in: range)
    }

    /// A whole number within a range; it must be there.
    package mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let node = required(key) else { return nil }
        if let value = node.wholeNumber, range.contains(value) { return value }
        let hint = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        switch node.value {
        case .number(let literal):
            let isWhole = node.wholeNumber != nil || !literal.contains { ".eE".contains($0) }
            report(isWhole ? "\(literal) is out of range" : "\(literal) is not a whole number", key: key, hint: hint)
        case .string(let text) where Int64(text).map(range.contains) == true:
            report("must be a whole number, and is a text", key: key, hint: "write it without quotes: \(text)")
        case .string(let text), .ambiguous(let text):
            let nearest = AmountAdvice.integer(text, in: range).map { "did you mean \($0)? " } ?? ""
            report("must be a whole number, and is \(node.sort)", key: key, hint: nearest + hint)
        case .null, .boolean, .array, .object:
            report("must be a whole number, and is \(node.sort)", key: key, hint: hint)
        }
        return nil
    }

    /// A length of time within the range of its shape; `nil` where there is none.
    mutating func span(_ key: String) -> Span? {
        guard case (_, .span(let range))? = shaped(key) else { return nil }
        return span(key, in: range)
    }

    /// A length of time within a range, as people write it; `nil` where there is none.
    package mutating func span(_ key: String, in range: ClosedRange<Span>) -> Span? {
        guard let node = node(key) else { return nil }
        let hint = "from \(range.lowerBound) to \(range.upperBound), written like 10s, 1m30s, 250ms"
        if case .number(let literal) = node.value, !literal.hasPrefix("-") {
            let nearest = AmountAdvice.span(literal + "s").map { "for seconds write \($0); " } ?? ""
            report("\(literal) has no unit", key: key, hint: nearest + hint)
            return nil
        }
        guard case .string(let text) = node.value else {
            report("must be a length of time, and is \(node.sort)", key: key, hint: hint)
            return nil
        }
        guard let span = Span(text) else {
            let nearest = AmountAdvice.span(text).map { "did you mean \($0)? " } ?? ""
            report("'\(text)' is not a length of time", key: key, hint: nearest + hint)
            return nil
        }
        guard range.contains(span) else {
            report("\(text) is out of range", key: key, hint: hint)
            return nil
        }
        return span
    }

    /// A number of hosts or a share, within its shape; `nil` when absent or wrong.
    mutating func amount(_ key: String) -> Amount? {
        guard case (let node, .amount(let least))? = shaped(key) else { return nil }
        return amount(node, path: path.appending(key), from: least)
    }

    /// The same of a value below the object.
    mutating func amount(_ node: ManifestNode, path: ManifestPath, from least: Int) -> Amount? {
        let most = ManifestLimits.hosts
        let hint = "a number of hosts from \(least) to \(most), or a share of the list from \(least)% to 100%"
        switch node.value {
        case .number(let literal):
            if let count = Int(literal), (least...most).contains(count) { return .count(count) }
            let isWhole = !literal.contains { ".eE".contains($0) }
            let nearest = AmountAdvice.share(literal).map { "did you mean \($0)? " } ?? ""
            let message = isWhole ? "\(literal) is out of range" : "\(literal) is not a whole number"
            report(message, at: node, path: path, hint: nearest + hint)
        case .string(let text):
            if text.last == "%", case .percent(let percent)? = Amount(text), percent >= least {
                return .percent(percent)
            }
            let nearest = AmountAdvice.amount(text).map { "did you mean \($0)? " } ?? ""
            let isShare = text.last == "%" && Int(text.dropLast()) != nil
            let message = isShare ? "\(text) is out of range" : "'\(text)' is neither a number nor a share"
            report(message, at: node, path: path, hint: nearest + hint)
        case .null, .boolean, .ambiguous, .array, .object:
            report("must be a number or a share, and is \(node.sort)", at: node, path: path, hint: hint)
        }
        return nil
    }

    /// An amount of memory within the range of its shape: a text, or a whole number of bytes.
    mutating func memory(_ key: String) -> ByteQuantity? {
        guard case (let node, .memory(let range))? = shaped(key),
            let text = quantity(node, key, fraction: { "write it with a unit, like \($0)Gi" })
        else { return nil }
        let hint = "from \(range.lowerBound) to \(range.upperBound), written like 2Gi, 512Mi, 1.5G"
        return checked(text, key, in: range, hint: hint, what: "an amount of memory", nearest: AmountAdvice.memory) {
            ByteQuantity($0)
        }
    }

    /// A share of processors within the range of its shape: a text, or a whole number.
    mutating func processors(_ key: String) -> ProcessorQuantity? {
        guard case (let node, .processors(let range))? = shaped(key),
            let text = quantity(node, key, fraction: { "quote it: \"\($0)\"" })
        else { return nil }
        let hint = "from \(range.lowerBound) to \(range.upperBound), written like \"2\", \"1.5\", 250m"
        return checked(text, key, in: range, hint: hint, what: "a share of processors", nearest: AmountAdvice.cpu) {
            ProcessorQuantity($0)
        }
    }

    private mutating func quantity(_ node: ManifestNode, _ key: String, fraction hint: (String) -> String) -> String? {
        guard case .number(let literal) = node.value else {
            return text(node, path: path.appending(key), rule: { _ in nil })
        }
        if literal.allSatisfy(\.isNumber) { return literal }
        report("must be a text, and is a number", key: key, hint: hint(literal))
        return nil
    }

    private mutating func checked<Quantity: Comparable & CustomStringConvertible>(
        _ text: String,
        _ key: String,
        in range: ClosedRange<Quantity>,
        hint: String,
        what: String,
        nearest: (String) -> String?,
        read: (String) -> Quantity?
    ) -> Quantity? {
        guard let quantity = read(text) else {
            let guess = nearest(text).map { "did you mean \($0)? " } ?? ""
            report("'\(text)' is not \(what)", key: key, hint: guess + hint)
            return nil
        }
        guard range.contains(quantity) else {
            let bytes = what.hasSuffix("memory") && text.allSatisfy(\.isNumber) ? " bytes" : ""
            report("\(text)\(bytes) is out of range", key: key, hint: hint)
            return nil
        }
        return quantity
    }

    /// A decimal that is not negative, as it was written; `nil` where there is none.
    mutating func decimal(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        let hint = "write it like \"1e-6\" or \"0.001\""
        switch node.value {
        case .number(let literal) where !literal.hasPrefix("-"): return literal
        case .string(let text) where !text.hasPrefix("-"):
            if case .number = PlainScalar.value(of: text) { return text }
            report("'\(text)' is not a decimal", key: key, hint: hint)
        case .number, .string: report("must not be negative", key: key, hint: hint)
        case .null, .boolean, .ambiguous, .array, .object:
            report("must be a decimal that is not negative, and is \(node.sort)", key: key, hint: hint)
        }
        return nil
    }
}

extension ManifestNode {
    /// The number of `12` and of `12.0`: JSON Schema takes both for an integer (2020-12 core §4.2.3), and programs write both.
    package var wholeNumber: Int64? {
        guard case .number(let literal) = value else { return nil }
        if let number = Int64(literal) { return number }
        let parts = literal.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 == 0x30 }) else { return nil }
        return Int64(parts[0])
    }

    /// An amount as people write it.
    init(amount: Amount) {
        switch amount {
        case .count(let count): self.init(.number("\(count)"))
        case .percent: self.init(.string(amount.description))
        }
    }
}

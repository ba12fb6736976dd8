package import Fleet
package import FleetController

/// A request's query, read strictly: each parameter once, and only those that have an effect.
package struct QueryParameters {
    /// The most objects of one page.
    static let longestPage = 5_000

    private var values: [String: String] = [:]

    /// - Throws: `APIError` `invalid`, with the nearest right name.
    package init(_ query: String?, accepted: [String]) throws {
        for pair in (query ?? "").split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decoded(parts[0]),
                let value = PercentEncoding.decoded(parts.count > 1 ? parts[1] : "")
            else {
                throw APIError(.invalid, "the query has a wrong escape in '\(pair)'", hint: "write % as %25")
            }
            guard accepted.contains(name) else {
                let nearest = NearestName.of(name, among: accepted).map { "did you mean '\($0)'? " } ?? ""
                let known = accepted.isEmpty ? "none is accepted here" : "accepted: \(accepted.joined(separator: ", "))"
                throw APIError(.invalid, "unknown query parameter '\(name)'", hint: nearest + known)
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw APIError(.invalid, "the query parameter '\(name)' is given twice", hint: "remove one")
            }
        }
    }

    /// A parameter's text, if it was given.
    package subscript(name: String) -> String? { values[name] }

    /// A parameter that says `true` or `false`; absent is `false`.
    package func flag(_ name: String) throws -> Bool {
        switch values[name] {
        case nil, "false": return false
        case "true": return true
        case let other?: throw APIError(.invalid, "\(name) is '\(other)'", hint: "write true or false")
        }
    }

    /// A parameter that is a whole number, if it was given.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let hint = "write a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw APIError(.invalid, "\(name) is '\(text)'", hint: hint)
        }
        return number
    }

    /// `labelSelector`, if it was given.
    package func labelSelector() throws -> LabelSelector? {
        guard let text = values["labelSelector"] else { return nil }
        do throws(LabelSelector.Problem) {
            return try LabelSelector(text)
        } catch {
            throw APIError(
                .invalid,
                "the labelSelector '\(text)' is not one: \(error.message), at character \(error.offset + 1)",
                hint: "write it like env=prod,site in (lyon,ulm)"
            )
        }
    }

    /// `limit` and `after`: a page of a list; `nil` for the whole list.
    package func page() throws -> ListPage? {
        guard let limit = try integer("limit", in: 1...Self.longestPage) else {
            guard values["after"] == nil else {
                throw APIError(
                    .invalid,
                    "'after' without 'limit' is no page",
                    hint: "say how long it may be: limit=500"
                )
            }
            return nil
        }
        return ListPage(after: values["after"] ?? "", limit: limit)
    }

    /// `reason`, if it was given.
    package func reason() throws -> String? {
        guard let text = values["reason"] else { return nil }
        if let problem = ReasonRule.problem(with: text) { throw APIError(.invalid, "the reason \(problem)") }
        return text
    }
}

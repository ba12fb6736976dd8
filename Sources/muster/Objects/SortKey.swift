import Fleet

/// What `--sort-by` takes: a path into what the API answers for one object, such as `.host.enrolledAt`.
struct SortKey: Equatable {
    private let path: JSONPathTemplate

    /// Reads a path.
    init(_ text: String) throws(JSONPathTemplate.Problem) {
        path = try JSONPathTemplate(text)
    }

    /// Puts objects in order: numbers by size, texts by their characters; what lacks the value comes last, in its order.
    func sorted<View>(_ views: [View], json: (View) throws -> JSONValue) throws -> [View] {
        let keyed = try views.map { (view: $0, key: path.values(in: try json($0)).first) }
        let sorted = keyed.enumerated().sorted { left, right in
            switch (left.element.key, right.element.key) {
            case (let first?, let second?) where first != second: Self.precedes(first, second)
            case (.some, nil): true
            case (nil, .some): false
            default: left.offset < right.offset
            }
        }
        return sorted.map(\.element.view)
    }

    private static func precedes(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard let first = number(left), let second = number(right) else {
            return (left.text ?? left.compactText) < (right.text ?? right.compactText)
        }
        return first < second
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .null, .boolean, .string, .array, .object: nil
        }
    }
}

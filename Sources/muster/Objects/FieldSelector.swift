import Fleet

/// What `--field-selector` takes: conditions on what the API answers for an object, all of which have to hold, such as
/// `connected=false,host.labels.site!=lyon`.
struct FieldSelector: Equatable {
    private struct Condition: Equatable {
        let path: JSONPathTemplate
        let isEqual: Bool
        let value: String
    }

    private let conditions: [Condition]

    /// Reads the conditions.
    ///
    /// - Throws: `JSONPathTemplate.Problem` with what is wrong.
    init(_ text: String) throws(JSONPathTemplate.Problem) {
        var conditions: [Condition] = []
        for term in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let sign = term.firstIndex(where: { $0 == "=" || $0 == "!" }), sign > term.startIndex else {
                throw .init("'\(term)' is no condition: write PATH=VALUE or PATH!=VALUE")
            }
            let rest = term[sign...]
            guard let mark = ["!=", "==", "="].first(where: rest.hasPrefix) else {
                throw .init("'\(term)' has a '!' without '=': write PATH!=VALUE")
            }
            let path = term[..<sign]
            guard !path.contains("{") else { throw .init("'\(path)' needs no braces: write it like host.labels.site") }
            conditions.append(
                Condition(
                    path: try JSONPathTemplate(String(path)),
                    isEqual: mark != "!=",
                    value: String(rest.dropFirst(mark.count))
                )
            )
        }
        self.conditions = conditions
    }

    /// Whether an object is meant. A path that leads nowhere has no value: that equals nothing.
    func matches(_ document: JSONValue) -> Bool {
        conditions.allSatisfy { condition in
            condition.path.texts(in: document).contains(condition.value) == condition.isEqual
        }
    }

    /// The first path that leads nowhere in any of the objects: it may be misspelt. `nil` where there are no objects.
    func unknownPath(in documents: [JSONValue]) -> String? {
        guard !documents.isEmpty else { return nil }
        return conditions.first { condition in
            documents.allSatisfy { condition.path.values(in: $0).isEmpty }
        }?.path.text
    }
}

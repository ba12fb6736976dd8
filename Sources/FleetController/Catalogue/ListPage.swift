/// A part of a list that is in the order of names.
package struct ListPage: Hashable, Sendable {
    /// The name after which it begins; the first page begins before every name.
    package var after: String
    /// The most objects on it.
    package var limit: Int

    /// A part of a list.
    package init(after: String = "", limit: Int) {
        self.after = after
        self.limit = limit
    }

    /// Fills it: those that match, and where the next page begins, if there is one.
    ///
    /// - Parameter read: so many records after a name, in the order of names.
    func filled<Record>(
        matching: (Record) -> Bool,
        name: (Record) -> String,
        read: (_ after: String, _ limit: Int) throws -> [Record]
    ) rethrows -> (records: [Record], next: String?) {
        var found: [Record] = []
        var place = after
        while true {
            let records = try read(place, limit + 1)
            for record in records where matching(record) {
                guard found.count < limit else { return (found, found.last.map(name)) }
                found.append(record)
            }
            guard records.count > limit, let last = records.last else { return (found, nil) }
            place = name(last)
        }
    }
}

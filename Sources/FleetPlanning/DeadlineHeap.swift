/// What is due when, the earliest first. An entry that its owner no longer means is left out when it comes up.
struct DeadlineHeap: Sendable {
    struct Entry: Sendable {
        /// Milliseconds on the clock that the heap is about.
        var due: Int64
        /// Whose it is.
        var position: Int
    }

    private var entries: [Entry] = []

    var first: Entry? { entries.first }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(entries[child], entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if Self.isBefore(entries[child], entries[least]) { least = child }
            }
            guard least != parent else { return }
            entries.swapAt(least, parent)
            parent = least
        }
    }

    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        (left.due, left.position) < (right.due, right.position)
    }
}

import Fleet

/// What is to happen, by time; of the same time, in the order of its coming.
struct EventQueue {
    private struct Entry {
        var at: Int64
        var number: UInt64
        var event: SimulationEvent

        func isBefore(_ other: Entry) -> Bool { (at, number) < (other.at, other.number) }
    }

    private var heap: [Entry] = []
    private var number: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    /// When the next is due.
    var next: Instant? { heap.first.map { Instant(milliseconds: $0.at) } }

    mutating func add(_ event: SimulationEvent, at time: Instant) {
        number += 1
        heap.append(Entry(at: time.milliseconds, number: number, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func take() -> (at: Instant, event: SimulationEvent)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < heap.count && heap[child].isBefore(heap[least]) {
                    least = child
                }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return (Instant(milliseconds: first.at), first.event)
    }
}

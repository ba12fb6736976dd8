import Fleet

/// What is to happen, by time; of the same time, in the order of its coming.
struct EventQueue {
    private struct Entry {
        var at: Int64
        var number: UInt64
        /// Where what is to happen stands: it is large, and the heap moves a lot.
        var place: Int

        func isBefore(_ other: Entry) -> Bool { (at, number) < (other.at, other.number) }
    }

    private var heap: [Entry] = []
    private var events: [SimulationEvent?] = []
    private var free: [Int] = []
    private var number: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    /// When the next is due.
    var next: Instant? { heap.first.map { Instant(milliseconds: $0.at) } }

    mutating func add(_ event: SimulationEvent, at time: Instant) {
        number += 1
        heap.append(Entry(at: time.milliseconds, number: number, place: keep(event)))
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
        guard let event = events[first.place] else { preconditionFailure("event \(first.number) is not kept") }
        events[first.place] = nil
        free.append(first.place)
        return (Instant(milliseconds: first.at), event)
    }

    private mutating func keep(_ event: SimulationEvent) -> Int {
        guard let place = free.popLast() else {
            events.append(event)
            return events.count - 1
        }
        events[place] = event
        return place
    }
}

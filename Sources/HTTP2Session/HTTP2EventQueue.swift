/// Events in order, moved in and moved out. It empties itself before it begins anew at its front: whoever takes events takes
/// them all. An idle connection keeps room for a few.
struct HTTP2EventQueue: ~Copyable {
    private static let keptCapacity = 8
    private var memory = UnsafeMutableBufferPointer<HTTP2Event>(start: nil, count: 0)
    private var head = 0
    private var tail = 0

    deinit {
        memory.extracting(head..<tail).deinitialize()
        memory.deallocate()
    }

    mutating func append(_ event: consuming HTTP2Event) {
        if tail == memory.count { grow() }
        memory.initializeElement(at: tail, to: event)
        tail += 1
    }

    /// The oldest event, or nil.
    mutating func popFirst() -> HTTP2Event? {
        guard head < tail else { return nil }
        let event = memory.moveElement(from: head)
        head += 1
        if head == tail { rewind() }
        return event
    }

    private mutating func rewind() {
        head = 0
        tail = 0
        guard memory.count > HTTP2EventQueue.keptCapacity * 8 else { return }
        memory.deallocate()
        memory = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    private mutating func grow() {
        let larger = UnsafeMutableBufferPointer<HTTP2Event>.allocate(
            capacity: max(HTTP2EventQueue.keptCapacity, memory.count * 2)
        )
        let waiting = larger.moveInitialize(fromContentsOf: memory.extracting(head..<tail))
        memory.deallocate()
        memory = larger
        head = 0
        tail = waiting
    }
}

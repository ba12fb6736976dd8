/// Puts a header block together as it is decoded, in the form of `HTTP2Headers`: one block at a time, as HTTP/2 sends them.
///
/// The memory stays for the next block unless the last one was unusually large.
struct HTTP2HeaderScratch: ~Copyable {
    private static let keptBytes = 512
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var used = 0
    private var count = 0
    /// The size of the list so far as RFC 9113 §6.5.2 counts it: names, values and 32 bytes a field.
    private(set) var listBytes = 0

    deinit {
        memory.deallocate()
    }

    /// Counts a field; keeps it too unless the list would be larger than `limit`.
    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, limit: Int) {
        listBytes += name.count + value.count + 32
        guard listBytes <= limit, name.count <= Int(UInt16.max), value.count <= Int(UInt16.max) else { return }
        let size = name.count + value.count + 4
        if used + size > memory.count { grow(to: used + size) }
        guard let base = memory.baseAddress else { return }
        let lengths = UInt32(name.count) << 16 | UInt32(value.count)
        (base + used).storeBytes(of: lengths.bigEndian, as: UInt32.self)
        if let name = name.baseAddress { (base + used + 4).copyMemory(from: name, byteCount: size - 4 - value.count) }
        if let start = value.baseAddress {
            (base + used + size - value.count).copyMemory(from: start, byteCount: value.count)
        }
        used += size
        count += 1
    }

    /// The list, and an empty scratch again.
    mutating func take() -> HTTP2Headers {
        let headers = HTTP2Headers(encoded: UnsafeRawBufferPointer(rebasing: memory[0..<used]), count: count)
        used = 0
        count = 0
        listBytes = 0
        if memory.count > HTTP2HeaderScratch.keptBytes {
            memory.deallocate()
            memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
        return headers
    }

    private mutating func grow(to needed: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(256, needed * 2), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[0..<used]))
        memory.deallocate()
        memory = larger
    }
}

import Fleet

/// What a journal's bytes mean: exactly one decision for every state that the file can be in.
package enum JournalReading: Hashable {
    /// There is nothing: begin.
    case begin
    /// Go on after the last whole frame. What follows it is a torn tail, which no record stood in: cut it.
    case goOn(JournalState, format: UInt32, end: Int, torn: Int)
    /// The disk has lost what was durable at this byte: a person decides.
    case damaged(offset: Int)
    /// A newer agent wrote it, in this format: a person decides.
    case newer(format: UInt32)
    /// The checksum at this byte is right, but the words are not known: a newer agent wrote them, a person decides.
    case unknown(offset: Int)

    /// Reads a file's bytes; `nil` where there is no file.
    package init(_ bytes: [UInt8]?) {
        guard let bytes, !bytes.isEmpty else {
            self = .begin
            return
        }
        let scan = JournalFrame.scan(bytes)
        if let newer = scan.newer {
            self = .newer(format: newer)
            return
        }
        let header = scan.payloads.first.flatMap { try? JSONCoding.decode(JournalHeader.self, from: $0).journal }
        let format = header?.format ?? 1
        guard format <= JournalHeader.newest else {
            self = .newer(format: format)
            return
        }
        let durable =
            header.map { header in
                // No snapshot is longer than the file: what it says else is not whole, and adds up to no number.
                JournalFrame.headerBytes + (scan.payloads.first?.count ?? 0) + min(max(0, header.snapshot), bytes.count)
            } ?? 0
        // A file gets its name when a snapshot in it is durable: without a whole frame it is no torn one.
        guard !scan.isFollowed, scan.end > 0, scan.end >= durable else {
            self = .damaged(offset: scan.end)
            return
        }
        var state = JournalState()
        // Before format 2 every number had been settled with the controller, or was the first.
        if format == 1 { state.apply(.numbered(after: 0)) }
        var offset = 0
        for (index, payload) in scan.payloads.enumerated() {
            if index > 0 || header == nil {
                guard let records = Self.records(of: payload) else {
                    self = .unknown(offset: offset)
                    return
                }
                for record in records { state.apply(record) }
            }
            offset += JournalFrame.headerBytes + payload.count
        }
        self = .goOn(state, format: format, end: scan.end, torn: bytes.count - scan.end)
    }

    private static func records(of payload: ArraySlice<UInt8>) -> [JournalRecord]? {
        if payload.first == UInt8(ascii: "[") { return try? JSONCoding.decode([JournalRecord].self, from: payload) }
        return (try? JSONCoding.decode(JournalRecord.self, from: payload)).map { [$0] }
    }
}

/// Reads server-sent events (WHATWG HTML, "Server-sent events") out of chunks of bytes: pure.
///
/// Fields other than `event`, `data` and `id` are skipped. An event without data is none.
package struct ServerSentEventReader: Sendable {
    /// One event.
    package struct Event: Hashable, Sendable {
        /// Its type; `message` when none was sent.
        package var type: String
        /// Its lines of data, joined by newlines.
        package var data: String
        /// The id, if one was sent with it.
        package var id: String?
    }

    /// The bound on one line was passed; bytes.
    package struct TooLong: Error, Hashable {}

    /// The most that one line may hold, in bytes.
    package static let lineLimit = 1 << 20

    private var line: [UInt8] = []
    private var skipsNewline = false
    private var type = ""
    private var data: [String] = []
    private var id: String?

    /// A reader at the beginning of a stream.
    package init() {}

    /// Takes a chunk and answers the events that it completes.
    package mutating func read(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            switch byte {
            case 0x0A where skipsNewline:
                skipsNewline = false
            case 0x0A, 0x0D:
                skipsNewline = byte == 0x0D
                if let event = endLine() { events.append(event) }
            default:
                skipsNewline = false
                guard line.count < Self.lineLimit else { throw TooLong() }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        guard !text.isEmpty else {
            defer {
                type = ""
                data = []
                id = nil
            }
            guard !data.isEmpty else { return nil }
            return Event(type: type.isEmpty ? "message" : type, data: data.joined(separator: "\n"), id: id)
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.first == " " { value.removeFirst() }
        switch parts[0] {
        case "event": type = String(value)
        case "data": data.append(String(value))
        case "id": id = String(value)
        default: break
        }
        return nil
    }
}

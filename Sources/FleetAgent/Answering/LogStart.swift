import Fleet

/// Finds where in a log reading begins.
struct LogStart: Sendable {
    private static let blockBytes = 64 << 10

    let query: LogQuery

    /// What is to be read of a log's files, oldest first; the last is always there.
    ///
    /// - Throws: `refused` when `since` is asked of a log that says no times.
    func cut(_ parts: [LogReader.Part], log: String) throws(AgentError) -> [LogReader.Part] {
        var parts = parts
        if let since = query.since { parts = try Self.from(since, parts, log: log) }
        if let tail = query.tail { parts = Self.last(tail, parts) }
        return parts
    }

    /// The last lines. A line that is not ended yet is one.
    private static func last(_ count: Int, _ parts: [LogReader.Part]) -> [LogReader.Part] {
        guard count > 0 else {
            return parts.suffix(1).map { LogReader.Part(file: $0.file, offset: $0.end, end: $0.end) }
        }
        var wanted = count
        var isLast = true
        for (index, part) in parts.enumerated().reversed() {
            var end = part.end
            while end > part.offset {
                let begin = max(part.offset, end - Int64(blockBytes))
                let block = part.file.read(at: begin, count: Int(end - begin))
                guard !block.isEmpty else { break }
                for place in block.indices.reversed() {
                    // The very last newline ends a line and begins none.
                    defer { isLast = false }
                    guard block[place] == 0x0A, !isLast else { continue }
                    wanted -= 1
                    guard wanted == 0 else { continue }
                    let begun = LogReader.Part(file: part.file, offset: begin + Int64(place) + 1, end: part.end)
                    return [begun] + parts[(index + 1)...]
                }
                end = begin
            }
        }
        return parts
    }

    /// From the first line on that bears a time or a later one.
    private static func from(
        _ since: Instant,
        _ parts: [LogReader.Part],
        log: String
    ) throws(AgentError) -> [LogReader.Part] {
        var hasTime = false
        for (index, part) in parts.enumerated() {
            var lines = LogLines(part)
            while let (offset, beginning) = lines.next() {
                guard let time = LogTime.read(beginning) else { continue }
                hasTime = true
                guard time >= since else { continue }
                return [LogReader.Part(file: part.file, offset: offset, end: part.end)] + parts[(index + 1)...]
            }
        }
        guard hasTime || parts.allSatisfy({ $0.count == 0 }) else {
            throw AgentError(
                .refused,
                "\(log) says no times that muster can read (it knows those like 2026-11-22T02:55:00Z and "
                    + "2026-11-22 02:55:00,123 at the beginning of a line); leave --since out, and ask for --tail LINES"
            )
        }
        return parts.suffix(1).map { LogReader.Part(file: $0.file, offset: $0.end, end: $0.end) }
    }

    /// The lines of one file: where each begins, and its first bytes.
    private struct LogLines {
        private let part: LogReader.Part
        private var block: [UInt8] = []
        private var begin: Int64
        private var place = 0

        init(_ part: LogReader.Part) {
            self.part = part
            begin = part.offset
        }

        mutating func next() -> (offset: Int64, beginning: ArraySlice<UInt8>)? {
            // So that the beginning of a line is in one block.
            if block.count - place < LogTime.span { load() }
            guard place < block.count else { return nil }
            let line = (begin + Int64(place), block[place..<min(block.count, place + LogTime.span)])
            skipLine()
            return line
        }

        private mutating func load() {
            begin += Int64(place)
            place = 0
            block = part.file.read(at: begin, count: Int(min(Int64(blockBytes), part.end - begin)))
        }

        private mutating func skipLine() {
            while place < block.count {
                if let newline = block[place...].firstIndex(of: 0x0A) {
                    place = newline + 1
                    return
                }
                place = block.count
                load()
            }
        }
    }
}

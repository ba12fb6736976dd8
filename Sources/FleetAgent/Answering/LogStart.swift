import Fleet

/// Finds where in a log reading begins.
struct LogStart: Sendable {
    private static let blockBytes = 64 << 10

    let query: LogQuery
    /// The most bytes; whole lines that are older are left out. All when `nil`.
    var most: Int64?
    /// Asked between blocks: whether nobody waits for it any more.
    var isOver: @Sendable () -> Bool = { false }

    /// What is to be read of a log's files, oldest first; the last is always there.
    ///
    /// - Throws: `refused` when `since` is asked of a log that says no times, and when nobody waits any more.
    func cut(_ parts: [LogReader.Part], log: String) throws(AgentError) -> [LogReader.Part] {
        var parts = parts
        if let since = query.since { parts = try from(since, parts, log: log) }
        if let tail = query.tail { parts = try last(tail, parts) }
        return try newest(parts)
    }

    private func goOn() throws(AgentError) {
        guard !isOver() else { throw AgentError(.refused, "nobody waits for this log any more; ask again") }
    }

    /// The newest whole lines that are not too many bytes.
    private func newest(_ parts: [LogReader.Part]) throws(AgentError) -> [LogReader.Part] {
        guard let most else { return parts }
        var excess = parts.reduce(-most) { $0 + $1.count }
        guard excess > 0 else { return parts }
        // From the byte before on: if it ends a line, the next one begins one.
        excess -= 1
        var parts = parts
        while parts.count > 1, let first = parts.first, first.count <= excess {
            excess -= first.count
            parts.removeFirst()
        }
        parts[0].offset += excess
        while true {
            let part = parts[0]
            try goOn()
            let block = part.file.read(at: part.offset, count: Int(min(Int64(Self.blockBytes), part.count)))
            if let newline = block.firstIndex(of: 0x0A) {
                parts[0].offset += Int64(newline) + 1
                return parts
            }
            parts[0].offset += Int64(block.count)
            guard block.isEmpty else { continue }
            guard parts.count > 1 else {
                parts[0].offset = part.end
                return parts
            }
            parts.removeFirst()
        }
    }

    /// The last lines. A line that is not ended yet is one.
    private func last(_ count: Int, _ parts: [LogReader.Part]) throws(AgentError) -> [LogReader.Part] {
        guard count > 0 else {
            return parts.suffix(1).map { LogReader.Part(file: $0.file, offset: $0.end, end: $0.end) }
        }
        var wanted = count
        var isLast = true
        for (index, part) in parts.enumerated().reversed() {
            var end = part.end
            while end > part.offset {
                try goOn()
                let begin = max(part.offset, end - Int64(Self.blockBytes))
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
    private func from(
        _ since: Instant,
        _ parts: [LogReader.Part],
        log: String
    ) throws(AgentError) -> [LogReader.Part] {
        var hasTime = false
        for (index, part) in parts.enumerated() {
            var lines = LogLines(part, isOver: isOver)
            while let (offset, beginning) = lines.next() {
                guard let time = LogTime.read(beginning) else { continue }
                hasTime = true
                guard time >= since else { continue }
                return [LogReader.Part(file: part.file, offset: offset, end: part.end)] + parts[(index + 1)...]
            }
            try goOn()
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

    /// The lines of one file: where each begins, and its first bytes. None when nobody waits any more.
    private struct LogLines {
        private let part: LogReader.Part
        private let isOver: @Sendable () -> Bool
        private var block: [UInt8] = []
        private var begin: Int64
        private var place = 0

        init(_ part: LogReader.Part, isOver: @escaping @Sendable () -> Bool) {
            self.part = part
            self.isOver = isOver
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
            let count = isOver() ? 0 : min(Int64(blockBytes), part.end - begin)
            block = part.file.read(at: begin, count: Int(count))
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

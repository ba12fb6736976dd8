import Glibc

/// Batches that wait on the disk for the controller, oldest first, within a quota of bytes.
///
/// Files with rising numbers, each of at most a sixteenth of the quota, so that the oldest can be dropped as a whole.
/// Nothing is forced to the disk: a power cut may cost the newest batches, and a torn tail is cut at the next start.
/// Whatever cannot be kept is dropped and counted.
struct TelemetrySpool {
    private struct Segment {
        var number: UInt64
        var bytes: Int64
        /// Batches in it.
        var batches: Int
    }

    private let directory: String
    private let disk: any AgentDisk
    private let quota: Int64
    private var segments: [Segment] = []
    /// Batches of the oldest file that the controller has.
    private var sent = 0
    /// Batches dropped since the start.
    private(set) var dropped: UInt64 = 0

    /// What an earlier agent left, its torn tails cut.
    init(directory: String, disk: any AgentDisk, quota: Int64) {
        self.directory = directory
        self.disk = disk
        self.quota = quota
        try? disk.makeDirectories(directory)
        for number in ((try? disk.names(in: directory)) ?? []).compactMap({ UInt64($0) }).sorted() { adopt(number) }
        keepQuota()
    }

    /// Whether nothing waits.
    var isEmpty: Bool { segments.isEmpty }
    /// Bytes on the disk.
    var bytes: Int64 { segments.reduce(0) { $0 + $1.bytes } }

    /// Keeps a batch until it is sent.
    mutating func append(_ batch: [UInt8]) {
        let frame = JournalFrame.bytes(of: batch)
        guard Int64(frame.count) <= quota else { return dropped += 1 }
        let room = max(quota / 16, Int64(frame.count))
        if segments.last.map({ $0.bytes + Int64(frame.count) > room }) ?? true {
            segments.append(Segment(number: (segments.last?.number ?? 0) + 1, bytes: 0, batches: 0))
        }
        let last = segments.count - 1
        do {
            let file = try disk.open(path(segments[last].number), .update)
            defer { disk.close(file) }
            try disk.write(frame.span.bytes, to: file, at: segments[last].bytes)
            segments[last].bytes += Int64(frame.count)
            segments[last].batches += 1
        } catch {
            dropped += 1
            // Half a frame at the end would hide what comes after it.
            if segments[last].batches == 0 { removeLast() } else { cut(segments[last]) }
        }
        keepQuota()
    }

    /// The oldest batches, up to so many bytes but at least one, of one file.
    mutating func oldest(upTo limit: Int) -> [[UInt8]] {
        while let first = segments.first {
            let bytes = (try? disk.read(path(first.number))) ?? nil
            let payloads = JournalFrame.scan(bytes ?? []).payloads.dropFirst(sent)
            var batches: [[UInt8]] = []
            var count = 0
            for payload in payloads {
                count += payload.count
                if !batches.isEmpty, count > limit { break }
                batches.append(Array(payload))
            }
            guard batches.isEmpty else { return batches }
            // Damaged on the disk, or gone from it.
            dropped += UInt64(max(0, first.batches - sent))
            removeFirst()
        }
        return []
    }

    /// The controller has so many of the oldest.
    mutating func sent(_ count: Int) {
        sent += count
        guard let first = segments.first, sent >= first.batches else { return }
        removeFirst()
    }

    private mutating func adopt(_ number: UInt64) {
        let bytes = ((try? disk.read(path(number))) ?? nil) ?? []
        let scan = JournalFrame.scan(bytes)
        let segment = Segment(number: number, bytes: Int64(scan.end), batches: scan.payloads.count)
        segments.append(segment)
        if segment.batches == 0 { removeLast() } else if scan.end < bytes.count { cut(segment) }
    }

    private mutating func keepQuota() {
        while bytes > quota, segments.count > 1, let first = segments.first {
            dropped += UInt64(max(0, first.batches - sent))
            removeFirst()
        }
    }

    private mutating func removeFirst() {
        disk.remove(path(segments.removeFirst().number))
        sent = 0
    }

    private mutating func removeLast() {
        disk.remove(path(segments.removeLast().number))
        if segments.isEmpty { sent = 0 }
    }

    private func cut(_ segment: Segment) {
        guard let file = try? disk.open(path(segment.number), .update) else { return }
        defer { disk.close(file) }
        try? disk.truncate(file, to: segment.bytes)
    }

    private func path(_ number: UInt64) -> String { "\(directory)/\(number)" }
}

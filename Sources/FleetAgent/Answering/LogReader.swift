import Fleet

/// Reads what a model server has written, oldest first, in bounded pieces, while its shim rotates it.
///
/// The shim keeps `NAME`, `NAME.1` and `NAME.2`. It rotates by copying the beginning of `NAME` to a new `NAME.1` and taking
/// it out of `NAME`, which stays the same file: what was at byte P is then at P less the length of `NAME.1`. A reader sees
/// that there is another `NAME.1`, and goes on where it was. One that sleeps through more than one rotation says what it
/// missed. Where others rotate, `NAME` gets another name and is made anew, or is cut: then the rest of the old file is read
/// before the new one from its beginning. Everything here blocks for as long as the disk takes.
struct LogReader: Sendable {
    /// The most bytes of one piece.
    static let pieceBytes = 32 << 10
    /// How often the beginning is looked for before the log counts as one that is rotated faster than it can be read.
    private static let tries = 5

    /// A part of a rotated file that is still to be read.
    struct Part: Sendable {
        let file: LogFile
        var offset: Int64
        let end: Int64

        var count: Int64 { end - offset }
    }

    private let path: String
    private var file: LogFile
    private var backlog: [Part]
    private var position: Int64
    /// `NAME.1` as it was last seen; held open, so that no other file can bear its number.
    private var newest: LogFile?
    /// How much of what stood there at the beginning has not been read.
    private(set) var remaining: Int64

    /// How much of what stood there is older than the beginning, in bytes.
    let skipped: Int64

    /// Opens a log where reading begins; `nil` when nothing was ever written.
    ///
    /// - Parameters:
    ///   - most: the most bytes, of the newest whole lines; all when `nil`.
    ///   - isOver: asked now and then while the beginning is looked for: whether nobody waits for it any more.
    /// - Throws: `files`; `refused` when `since` is asked of a log that says no times, and when nobody waits any more.
    init?(
        path: String,
        query: LogQuery,
        most: Int64? = nil,
        isOver: @escaping @Sendable () -> Bool = { false }
    ) throws(AgentError) {
        guard let file = try LogFile(path: path) else { return nil }
        self.path = path
        self.file = file
        let all: Int64
        (backlog, newest, all) = try Self.begin(file, path, LogStart(query: query, most: most, isOver: isOver))
        let last = backlog.removeLast()
        position = last.offset
        remaining = backlog.reduce(last.count) { $0 + $1.count }
        skipped = all - remaining
    }

    /// Looks for the beginning while the shim may rotate: that is seen by its traces, and the search begun anew.
    private static func begin(
        _ file: LogFile,
        _ path: String,
        _ start: LogStart
    ) throws(AgentError) -> (parts: [Part], newest: LogFile?, all: Int64) {
        for _ in 0..<tries {
            let (parts, newest) = try file.whileStill { () throws(AgentError) in
                let older = [try LogFile(path: path + ".2"), try LogFile(path: path + ".1")]
                return ((older + [file]).compactMap(\.self).map { Part(file: $0, offset: 0, end: $0.size) }, older[1])
            }
            let begun = try start.cut(parts, log: path)
            let isStill = try file.whileStill { () throws(AgentError) in
                LogFile.identity(of: path + ".1") == newest?.identity && file.size >= parts[parts.count - 1].end
            }
            if isStill { return (begun, newest, parts.reduce(0) { $0 + $1.count }) }
        }
        throw AgentError(
            .refused,
            "\(path) was rotated \(tries) times while muster looked for where to begin; ask for fewer lines with "
                + "--tail LINES, and without --since"
        )
    }

    /// The next piece; empty when there is nothing now.
    mutating func next() throws(AgentError) -> [UInt8] {
        var bytes = readBacklog()
        if bytes.isEmpty {
            bytes = try file.whileStill { () throws(AgentError) in
                if let missing = try noteRotation() { return Array(missing.utf8) }
                guard backlog.isEmpty else { return readBacklog() }
                if position > file.size { position = 0 }
                var bytes = file.read(at: position, count: Self.pieceBytes)
                if bytes.isEmpty, let successor = try successor() {
                    // Whoever writes may have gone on in the old one until the new one was there.
                    bytes = file.read(at: position, count: Self.pieceBytes)
                    if bytes.isEmpty {
                        (file, position) = (successor, 0)
                        bytes = file.read(at: 0, count: Self.pieceBytes)
                    }
                }
                position += Int64(bytes.count)
                return bytes
            }
        }
        remaining -= Int64(bytes.count)
        return bytes
    }

    /// Another file that bears the log's name now.
    private func successor() throws(AgentError) -> LogFile? {
        guard let now = LogFile.identity(of: path), now != file.identity else { return nil }
        return try LogFile(path: path)
    }

    private mutating func readBacklog() -> [UInt8] {
        while let part = backlog.first {
            let bytes = part.file.read(at: part.offset, count: Int(min(Int64(Self.pieceBytes), part.count)))
            guard !bytes.isEmpty else {
                backlog.removeFirst()
                continue
            }
            backlog[0].offset += Int64(bytes.count)
            return bytes
        }
        return []
    }

    /// Goes on where it was when the log was rotated; a line for the reader when something is missing.
    private mutating func noteRotation() throws(AgentError) -> String? {
        guard let now = LogFile.identity(of: path + ".1"), now != newest?.identity,
            let rotated = try LogFile(path: path + ".1")
        else { return nil }
        let known = newest
        newest = rotated
        // It was given another name: what is left in it is read first.
        guard rotated.identity != file.identity else { return nil }
        let size = rotated.size
        if LogFile.identity(of: path + ".2") == file.identity {
            backlog.append(Part(file: file, offset: position, end: file.size))
            backlog.append(Part(file: rotated, offset: 0, end: size))
            position = file.size
            return nil
        }
        guard LogFile.identity(of: path + ".2") == known?.identity else {
            // Somewhere in between is where it was.
            let older = try LogFile(path: path + ".2")
            backlog += [older, rotated].compactMap(\.self).map { Part(file: $0, offset: 0, end: $0.size) }
            position = 0
            return "muster-agent: lines are missing here: the log was rotated more than once while nobody read it\n"
        }
        position -= size
        if position < 0 {
            backlog.append(Part(file: rotated, offset: max(0, size + position), end: size))
            position = 0
        }
        return nil
    }
}

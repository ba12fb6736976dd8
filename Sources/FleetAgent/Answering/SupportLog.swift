import Fleet

/// One log as a support bundle has it: its newest whole lines, without their secrets, and first how much is left out.
/// Everything here blocks for as long as the disk takes.
struct SupportLog: Sendable {
    /// The newest lines that are taken.
    static let lines = 2000

    private var reader: LogReader
    private var redactor: Redactor?
    private var note: String?
    /// A line whose end has not been read.
    private var rest: [UInt8] = []
    private var isDone = false

    /// Opens a log; `nil` when nothing was ever written.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of it.
    ///   - redactor: `nil` leaves secrets in.
    ///   - isOver: asked now and then: whether nobody waits for it any more.
    init?(
        path: String,
        limit: Int,
        redactor: Redactor?,
        isOver: @escaping @Sendable () -> Bool = { false }
    ) throws(AgentError) {
        let query = LogQuery(deployment: "", tail: Self.lines)
        guard let reader = try LogReader(path: path, query: query, most: Int64(limit), isOver: isOver) else {
            return nil
        }
        self.reader = reader
        self.redactor = redactor
        if reader.skipped > 0 {
            note =
                "muster-agent: \(reader.skipped) bytes that are older are left out here; a support bundle has the newest "
                + "\(Self.lines) lines of this log, and \(limit) bytes at most\n"
        }
    }

    /// The next lines; empty when there are no more.
    mutating func next() throws(AgentError) -> [UInt8] {
        if let note {
            self.note = nil
            return Array(note.utf8)
        }
        while !isDone {
            // What came since is none of it, but for the end of a line that had begun: half a secret is not known for one.
            let isPast = reader.remaining <= 0
            if isPast, rest.isEmpty || rest.count > Redactor.longestLine { break }
            var piece = try reader.next()
            if isPast, let newline = piece.firstIndex(of: 0x0A) { piece.removeSubrange((newline + 1)...) }
            guard !piece.isEmpty else { break }
            let text = take(piece)
            if !text.isEmpty { return text }
        }
        isDone = true
        defer { rest = [] }
        return rest.isEmpty ? [] : cleaned(rest) + [0x0A]
    }

    private mutating func take(_ piece: [UInt8]) -> [UInt8] {
        rest += piece
        var text: [UInt8] = []
        var begin = 0
        while let newline = rest[begin...].firstIndex(of: 0x0A) {
            text += cleaned(Array(rest[begin..<newline])) + [0x0A]
            begin = newline + 1
        }
        rest.removeFirst(begin)
        return text
    }

    private mutating func cleaned(_ line: [UInt8]) -> [UInt8] { redactor?.line(line) ?? line }
}

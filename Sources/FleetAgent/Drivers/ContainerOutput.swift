import Fleet

/// What a container writes, as an engine hands it over: frames of a kind, a length and a payload that begins with its time
/// (Docker Engine API, "Stream format"). It knows how far an earlier reading came, and leaves out what that had.
struct ContainerOutput: Hashable, Sendable {
    /// The longest payload that an engine may send, in bytes.
    private static let payloadLimit = 4 << 20
    /// The longest time, in bytes, with the blank after it.
    private static let timeLimit = 40

    /// How far a reading has come: the time of its last line, in the engine's words, and how many lines bear it.
    struct Mark: Hashable, Sendable {
        var time: String
        var count: Int

        /// One line of a file, always of the same length: a shorter one leaves nothing of a longer one behind.
        var text: String {
            let words = "\(time) \(count)"
            return words + String(repeating: " ", count: max(0, 79 - words.utf8.count)) + "\n"
        }

        init(time: String, count: Int) {
            self.time = time
            self.count = count
        }

        /// Reads the line; `nil` when it is none.
        init?(text: String) {
            let words = text.split { $0 == " " || $0 == "\n" }
            guard words.count == 2, text.hasSuffix("\n"), let count = Int(words[1]),
                LogTime.read(Array(words[0].utf8)[...]) != nil
            else { return nil }
            self.init(time: String(words[0]), count: count)
        }

        /// From when on an engine is to be asked for more, in seconds since 1970: engines that write whole seconds leave out
        /// what bears the second that is asked for.
        var since: Int64 {
            (LogTime.read(Array(time.utf8)[...]).map { $0.milliseconds / 1000 } ?? 0) - 1
        }
    }

    /// How far it has come.
    private(set) var mark: Mark?
    /// Where an earlier reading ended, and how many lines of that time have gone by; `nil` once it is passed.
    private var earlier: Mark?
    private var passed = 0
    private var isLeavingOut = false
    private var rest: [UInt8] = []

    /// - Parameter mark: how far an earlier reading came.
    init(from mark: Mark? = nil) {
        self.mark = mark
        earlier = mark
    }

    /// Takes what has come; what of it belongs into the log.
    ///
    /// - Throws: `start` when it is no such stream.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(AgentError) -> [UInt8] {
        rest += bytes
        var written: [UInt8] = []
        var place = 0
        while rest.count - place >= 8 {
            let length = rest[(place + 4)..<(place + 8)].reduce(0) { $0 << 8 | Int($1) }
            guard rest[place] <= 2, rest[(place + 1)..<(place + 4)].allSatisfy({ $0 == 0 }), length <= Self.payloadLimit
            else { throw AgentError(.start, "the container engine does not send a log as Docker's API has it") }
            guard rest.count - place - 8 >= length else { break }
            written += line(rest[(place + 8)..<(place + 8 + length)])
            place += 8 + length
        }
        rest.removeFirst(place)
        return written
    }

    private mutating func line(_ payload: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let blank = payload.prefix(Self.timeLimit).firstIndex(of: 0x20),
            LogTime.read(payload[..<blank]) != nil, payload.startIndex + 19 < blank
        else {
            // The rest of a line that came in parts.
            return isLeavingOut ? [] : payload
        }
        let time = String(decoding: payload[..<blank], as: UTF8.self)
        isLeavingOut = wasRead(time)
        guard !isLeavingOut else { return [] }
        mark = Mark(time: time, count: mark?.time == time ? (mark?.count ?? 0) + 1 : 1)
        return payload[(blank + 1)...]
    }

    private mutating func wasRead(_ time: String) -> Bool {
        guard let earlier else { return false }
        if time < earlier.time { return true }
        if time == earlier.time, passed < earlier.count {
            passed += 1
            return true
        }
        self.earlier = nil
        return false
    }
}

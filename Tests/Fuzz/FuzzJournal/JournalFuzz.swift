import FleetAgent

/// Reads what could stand in a journal, and checks what the rest relies on: every state of the file has one meaning, a reader
/// stops at the same byte when the torn tail is cut, and what was read is written so that it reads as the same.
///
/// An input that begins with `M` is the file; in another, each payload begins with its length (two bytes) and becomes a frame with
/// the right checksum, as a disk that keeps what it was given would have it.
/// Run by `Deploy/scripts/fuzz` with libFuzzer and the address sanitizer; `FuzzTests` replay its seeds and findings.
package enum JournalFuzz {
    package static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = input.first == UInt8(ascii: "M") ? Array(input) : framed(input)
        switch JournalReading(bytes) {
        case .begin: precondition(bytes.isEmpty, "a file that is not empty begins anew")
        case .damaged(let offset), .unknown(let offset):
            precondition((0...bytes.count).contains(offset), "damage is nowhere")
        case .newer(let format): precondition(format > 1, "format 1 is newer")
        case .goOn(let state, let format, let end, let torn):
            precondition(end + torn == bytes.count && end > 0 && torn >= 0, "the end is elsewhere")
            precondition(
                JournalReading(Array(bytes[..<end])) == .goOn(state, format: format, end: end, torn: 0),
                "a torn tail changes what stands before it"
            )
            check(state)
        }
    }

    private static func framed(_ input: UnsafeRawBufferPointer) -> [UInt8] {
        var rest = Array(input)[...]
        var bytes: [UInt8] = []
        while rest.count > 2 {
            let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            bytes += JournalFrame.bytes(of: Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return bytes + rest
    }

    /// A snapshot of a state says the state.
    private static func check(_ state: JournalState) {
        var snapshot: [UInt8] = []
        for record in state.snapshot {
            guard let payload = try? JSONCoding.encode(record) else {
                preconditionFailure("a record cannot be written")
            }
            snapshot += JournalFrame.bytes(of: payload)
        }
        guard let header = try? JSONCoding.encode(JournalHeader(snapshot: snapshot.count)) else {
            preconditionFailure("a header cannot be written")
        }
        let file = JournalFrame.bytes(of: header) + snapshot
        guard case .goOn(let again, _, let end, 0) = JournalReading(file), end == file.count else {
            preconditionFailure("what was written is not read")
        }
        precondition(again.snapshot == state.snapshot, "a snapshot says something else")
    }
}

/// Where bytes stop being UTF-8.
struct EncodingFlaw: Equatable {
    /// What is there instead.
    var message: String
    /// Both count from 1; columns in Unicode scalars.
    var line: Int
    var column: Int

    /// The first flaw of bytes that have one.
    static func first(in bytes: [UInt8]) -> EncodingFlaw {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return EncodingFlaw(message: "it begins as UTF-16 does", line: 1, column: 1)
        }
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        var (line, column) = (1, 1)
        while case .scalarValue(let scalar) = decoder.decode(&rest) {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return EncodingFlaw(message: "a byte here begins no character", line: line, column: column)
    }
}

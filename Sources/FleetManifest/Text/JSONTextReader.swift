/// Reads JSON (RFC 8259) strictly: nothing is dropped, so a key that stands twice is a problem, and numbers keep their
/// literal. Bounds on bytes, depth and nodes are `ManifestLimits`.
package struct JSONTextReader {
    /// What was read.
    package struct Reading: Sendable {
        /// The root; `nil` when the text is not JSON.
        package var root: ManifestNode?
        /// Keys that stand twice, or why the text is not JSON.
        package var problems: [ManifestProblem]
    }

    private struct Failure: Error {
        let message: String
    }

    private let bytes: [UInt8]
    private var position = 0
    private var nodes = 0
    private var path = ManifestPath()
    private var problems: [ManifestProblem] = []

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads one JSON text.
    package static func read(_ bytes: some Collection<UInt8>) -> Reading {
        guard bytes.count <= ManifestLimits.bytes else {
            let message = "the text has \(bytes.count) bytes; at most \(ManifestLimits.bytes) are allowed"
            return Reading(root: nil, problems: [ManifestProblem(message)])
        }
        var reader = JSONTextReader(bytes: Array(bytes))
        guard String(validating: reader.bytes, as: UTF8.self) != nil else {
            return Reading(root: nil, problems: [ManifestProblem("the text is not UTF-8")])
        }
        do throws(Failure) {
            let root = try reader.value(depth: 0)
            reader.skipSpace()
            guard reader.position == reader.bytes.count else { throw reader.failure("something follows the value") }
            return Reading(root: root, problems: reader.problems)
        } catch {
            let hint = "send one JSON value (RFC 8259)"
            return Reading(root: nil, problems: [ManifestProblem(error.message, path: reader.path, hint: hint)])
        }
    }

    private mutating func value(depth: Int) throws(Failure) -> ManifestNode {
        nodes += 1
        guard nodes <= ManifestLimits.nodes else { throw failure("there are more than \(ManifestLimits.nodes) values") }
        guard depth <= ManifestLimits.depth else {
            throw failure("more than \(ManifestLimits.depth) levels are nested")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return ManifestNode(.string(try string()))
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default:
            let literal = PlainScalar.jsonNumberPrefix(of: bytes[position...])
            guard literal > 0 else { throw failure("a value was expected") }
            defer { position += literal }
            return ManifestNode(.number(String(decoding: bytes[position..<position + literal], as: UTF8.self)))
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> ManifestNode {
        position += 1
        var members: [ManifestNode.Member] = []
        var keys: Set<String> = []
        skipSpace()
        if take("}") { return ManifestNode(.object([])) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a key in double quotes was expected") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw failure("':' was expected after the key '\(key)'") }
            path.steps.append(.key(key))
            if !keys.insert(key).inserted {
                problems.append(ManifestProblem("the key '\(key)' is given twice", path: path, hint: "remove one"))
            }
            members.append(ManifestNode.Member(key: key, value: try value(depth: depth + 1)))
            path.steps.removeLast()
            skipSpace()
        } while take(",")
        guard take("}") else { throw failure("',' or '}' was expected") }
        return ManifestNode(.object(members))
    }

    private mutating func array(depth: Int) throws(Failure) -> ManifestNode {
        position += 1
        var elements: [ManifestNode] = []
        skipSpace()
        if take("]") { return ManifestNode(.array([])) }
        repeat {
            path.steps.append(.index(elements.count))
            elements.append(try value(depth: depth + 1))
            path.steps.removeLast()
            skipSpace()
        } while take(",")
        guard take("]") else { throw failure("',' or ']' was expected") }
        return ManifestNode(.array(elements))
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content += try escape()
            case 0..<0x20: throw failure("a text holds a control character; write it as an escape")
            default: content.append(byte)
            }
        }
        throw failure("a text does not end")
    }

    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let byte = peek else { throw failure("a text does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar()
            return Array(String(scalar).utf8)
        default: throw failure("a text holds an escape that does not exist")
        }
    }

    private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A surrogate: only a pair of them stands for a character.
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw failure("half a surrogate pair") }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits were expected after \\u") }
        position += 4
        return value
    }

    private mutating func word(_ text: String, _ value: ManifestNode.Value) throws(Failure) -> ManifestNode {
        guard bytes[position...].starts(with: text.utf8) else { throw failure("a value was expected") }
        position += text.utf8.count
        return ManifestNode(value)
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private func failure(_ message: String) -> Failure {
        let before = bytes[..<position]
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let column = position - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return Failure(message: "not JSON at line \(line), column \(column): \(message)")
    }
}

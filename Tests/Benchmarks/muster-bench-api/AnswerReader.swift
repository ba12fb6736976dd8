import NIOCore

/// Tells where answers with a `content-length` end (RFC 9112 §6): nothing else of HTTP.
struct AnswerReader {
    private var unread = ByteBuffer()
    /// What is left of a body, once its head is read.
    private var body: (status: Int, left: Int)?

    /// Takes bytes; the statuses of the answers that they end.
    mutating func take(_ bytes: ByteBuffer) throws -> [Int] {
        var bytes = bytes
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeBuffer(&bytes) }
        var ended: [Int] = []
        while true {
            if body == nil { body = try readHead() }
            guard let (status, left) = body else { return ended }
            let there = min(left, unread.readableBytes)
            unread.moveReaderIndex(forwardBy: there)
            guard there == left else {
                body = (status, left - there)
                return ended
            }
            body = nil
            ended.append(status)
        }
    }

    private mutating func readHead() throws -> (status: Int, left: Int)? {
        let view = unread.readableBytesView
        guard let end = Self.end(of: view) else { return nil }
        let head = String(decoding: view.prefix(end), as: UTF8.self)
        unread.moveReaderIndex(forwardBy: end)
        let lines = head.split(separator: "\r\n")
        let status = lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) }
        let length = lines.lazy.compactMap(Self.length).first
        guard let status, let length else { throw BenchFailure("this answer cannot be read: \(head)") }
        return (status, length)
    }

    /// What a field says of the body's length, if it does.
    private static func length(_ line: Substring) -> Int? {
        let name = "content-length:".utf8
        guard line.utf8.prefix(name.count).elementsEqual(name, by: { $0 | 0x20 == $1 | 0x20 }) else { return nil }
        return Int(line.dropFirst(name.count).drop { $0 == " " })
    }

    /// How many bytes a head has with the empty line at its end.
    private static func end(of view: ByteBufferView) -> Int? {
        view.withUnsafeBytes { bytes in
            guard bytes.count >= 4 else { return nil }
            for index in 3..<bytes.count
            where bytes[index] == 0x0A && bytes[index - 1] == 0x0D && bytes[index - 2] == 0x0A {
                return index + 1
            }
            return nil
        }
    }
}

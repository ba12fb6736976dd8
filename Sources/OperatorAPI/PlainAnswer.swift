import Foundation
import NIOCore

/// An HTTP/1.1 answer with a content-length (RFC 9112): what this controller sends for JSON.
struct PlainAnswer {
    let status: Int
    let body: Data

    /// Reads an answer; `nil` while it is not whole, or when it is none.
    init?(_ buffer: ByteBuffer) {
        let bytes = Data(buffer.readableBytesView)
        guard let end = bytes.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ")
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else { return nil }
        let fields = lines.dropFirst().map { $0.split(separator: ":", maxSplits: 1) }
        let length = fields.first { $0.count == 2 && $0[0].lowercased() == "content-length" }
            .flatMap { Int($0[1].trimmingCharacters(in: .whitespaces)) }
        guard let length, length >= 0, bytes.endIndex - end.upperBound >= length else { return nil }
        self.status = status
        body = bytes[end.upperBound..<(end.upperBound + length)]
    }
}

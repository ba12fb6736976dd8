/// A piece of an exposition document: where it stands, in bytes. Reading it copies nothing.
package struct ExpositionToken: Hashable, Sendable {
    /// Its place in the document, in bytes.
    package let range: Range<Int>

    /// A piece of a document.
    package init(_ range: Range<Int>) {
        self.range = range
    }

    /// A piece of no bytes.
    package static let empty = ExpositionToken(0..<0)

    /// How many bytes it has.
    package var count: Int { range.count }
    /// Whether it has no bytes.
    package var isEmpty: Bool { range.isEmpty }

    /// Whether it is this text, byte for byte.
    package func equals(_ text: String, in document: Span<UInt8>) -> Bool {
        let utf8 = text.utf8
        guard utf8.count == range.count else { return false }
        var place = range.lowerBound
        for byte in utf8 {
            guard document[place] == byte else { return false }
            place += 1
        }
        return true
    }

    /// Whether it ends with this text and has more before it.
    func hasSuffix(_ text: String, in document: Span<UInt8>) -> Bool {
        let begin = range.upperBound - text.utf8.count
        guard begin > range.lowerBound else { return false }
        return ExpositionToken(begin..<range.upperBound).equals(text, in: document)
    }

    /// Whether two pieces of one document are the same text.
    func equals(_ other: ExpositionToken, in document: Span<UInt8>) -> Bool {
        guard other.range.count == range.count else { return false }
        var (left, right) = (range.lowerBound, other.range.lowerBound)
        while left < range.upperBound {
            guard document[left] == document[right] else { return false }
            left += 1
            right += 1
        }
        return true
    }

    /// Its text with the escapes `\\`, `\"` and `\n` undone; bytes that are no UTF-8 are replaced.
    ///
    /// It copies: for what is kept.
    package func text(in document: Span<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var place = range.lowerBound
        while place < range.upperBound {
            var byte = document[place]
            if byte == UInt8(ascii: "\\"), place + 1 < range.upperBound {
                switch document[place + 1] {
                case UInt8(ascii: "n"):
                    byte = UInt8(ascii: "\n")
                    place += 1
                case UInt8(ascii: "\\"), UInt8(ascii: "\""):
                    byte = document[place + 1]
                    place += 1
                default: break
                }
            }
            bytes.append(byte)
            place += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

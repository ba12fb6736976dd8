import Foundation

/// Reads what a host sends as its part of a support bundle: lines of JSON that each hold a piece of a file. It may be anybody's
/// host: what is no piece, or more than a part may hold, is refused. Pure.
package struct SupportPieceReader {
    /// Why a host's part cannot be read, in words that follow "cannot be read: ".
    package struct Refusal: Error, Hashable {
        /// The words.
        package var why: String
    }

    /// The most that one host's part may hold: bytes on the wire, and files.
    package static let limit = (bytes: 64 << 20, files: 2_000)
    /// The longest line, in bytes.
    private static let lineLimit = 1 << 20

    private var rest: [UInt8] = []
    private var taken = 0
    private var files: Set<String> = []

    /// A reader at the beginning of a host's part.
    package init() {}

    /// Takes a text and hands out the pieces that it completes, in order; those before a refusal too.
    package mutating func read(_ text: String, _ handle: (SupportPiece) throws -> Void) throws {
        rest += text.utf8
        taken += text.utf8.count
        var begin = 0
        while let newline = rest[begin...].firstIndex(of: 0x0A) {
            let piece = try? JSONDecoder().decode(SupportPiece.self, from: Data(rest[begin..<newline]))
            guard let piece, piece.isInside else { throw Refusal(why: "it sends what is no piece of a file") }
            guard files.contains(piece.file) || files.count < Self.limit.files else {
                throw Refusal(why: "it has more than \(Self.limit.files) files, the most that a host's part may hold")
            }
            files.insert(piece.file)
            try handle(piece)
            begin = newline + 1
        }
        rest.removeFirst(begin)
        guard taken <= Self.limit.bytes else {
            throw Refusal(why: "it is larger than \(Self.limit.bytes >> 20) MiB, the most that a host's part may hold")
        }
        guard rest.count <= Self.lineLimit else {
            throw Refusal(why: "a line of it is longer than \(Self.lineLimit >> 20) MiB")
        }
    }
}

import Foundation

/// A `curl -N` that reads server-sent events, line by line as they come.
final class EventReading: Sendable {
    /// What curl wrote, in pieces.
    private let pieces: AsyncStream<Data>
    private let process: ProcessBox

    /// A `Process` may be asked to end from anywhere; it is started before it gets here.
    private struct ProcessBox: @unchecked Sendable {
        let process: Process
        /// Held: a pipe that is let go tells nothing more.
        let pipe: Pipe
        let ended: AsyncStream<Int32>
    }

    init(_ arguments: [String]) throws {
        let process = Curl.process("curl", arguments)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        let (pieces, continuation) = AsyncStream.makeStream(of: Data.self)
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        self.pieces = pieces
        process.terminationHandler = {
            end.yield($0.terminationStatus)
            end.finish()
        }
        try process.run()
        // A thread of its own instead of a `readabilityHandler`: libdispatch uses a descriptor's note after it was freed
        // (swift-corelibs-libdispatch issue 949), which ended the whole run under Thread Sanitizer. It ends with curl.
        Thread.detachNewThread {
            while true {
                let piece = pipe.fileHandleForReading.availableData
                if piece.isEmpty { break }
                continuation.yield(piece)
            }
            continuation.finish()
        }
        self.process = ProcessBox(process: process, pipe: pipe, ended: ended)
    }

    /// Blocks of lines, as they are divided by empty lines; `nil` when curl has ended.
    func blocks() -> AsyncStream<[String]> {
        let (blocks, continuation) = AsyncStream.makeStream(of: [String].self)
        let pieces = pieces
        // Ends with curl, which every test ends.
        Task {
            var text = ""
            for await piece in pieces {
                text += String(decoding: piece, as: UTF8.self)
                while let end = text.range(of: "\n\n") {
                    continuation.yield(text[..<end.lowerBound].components(separatedBy: "\n"))
                    text.removeSubrange(..<end.upperBound)
                }
            }
            continuation.finish()
        }
        return blocks
    }

    /// Ends curl at once. SIGINT and SIGTERM may be blocked where a test runs, and a child inherits that.
    func end() { kill(process.process.processIdentifier, SIGKILL) }

    /// curl's exit code.
    func exit() async -> Int32? { await process.ended.first { _ in true } }
}

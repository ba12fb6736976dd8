import Fleet
import Synchronization

/// What an engine says while it fetches an image: a JSON object a line, with `progressDetail` of each layer, and `error` at the
/// end of one that has failed (Docker Engine API, `POST /images/create`).
struct PullProgress: Hashable, Sendable {
    /// The longest line that is kept, in bytes.
    private static let lineLimit = 64 << 10

    /// One reading, for whoever gets its pieces.
    final class Reading: Sendable {
        private let progress = Mutex(PullProgress())

        /// Takes what has come; how many bytes of the image have.
        func take(_ bytes: some Sequence<UInt8> & Sendable) -> Int64 {
            progress.withLock { progress in
                progress.take(bytes)
                return progress.bytes
            }
        }

        /// Why it has failed; `nil` when nothing was said.
        var complaint: String? { progress.withLock { $0.complaint } }
    }

    private struct Line: Decodable {
        struct Detail: Decodable { var current: Int64? }
        var id: String?
        var progressDetail: Detail?
        var error: String?
    }

    /// Why it has failed.
    private(set) var complaint: String?
    /// By layer.
    private var layers: [String: Int64] = [:]
    private var rest: [UInt8] = []

    init() {}

    /// Bytes of all layers that have come.
    var bytes: Int64 { layers.values.reduce(0, +) }

    /// Takes what has come.
    mutating func take(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            guard byte == 0x0A else {
                if rest.count < Self.lineLimit { rest.append(byte) }
                continue
            }
            read()
        }
        // The last line may come without an end.
        if rest.last == 0x7D { read() }
    }

    private mutating func read() {
        guard let line = try? JSONCoding.decode(Line.self, from: rest) else {
            if rest.last != 0x7D || rest.count >= Self.lineLimit { rest = [] }
            return
        }
        rest = []
        if let error = line.error { complaint = String(error.prefix(600)) }
        guard let id = line.id, let current = line.progressDetail?.current, layers.count < 1024 || layers[id] != nil
        else {
            return
        }
        layers[id] = max(layers[id] ?? 0, current)
    }
}

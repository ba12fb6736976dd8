import Foundation

extension OperatorClient {
    /// The most that one host's part may hold, in bytes.
    package static let bundleLimit = 64 << 20
    /// The longest line of an answer, in bytes.
    private static let lineLimit = 1 << 20

    /// Takes one host's part of a support bundle, piece by piece.
    ///
    /// - Parameters:
    ///   - redacted: whether secrets are taken out before anything leaves the host.
    ///   - handle: gets the pieces in order; their files may be written below a directory.
    package func supportBundle(
        of host: String,
        redacted: Bool,
        _ handle: (SupportPiece) throws -> Void
    ) async throws {
        let query: [(String, String?)] = [("redact", redacted ? nil : "false")]
        var rest: [UInt8] = []
        var taken = 0
        let path = project("/hosts/\(Self.escaped(host))/support-bundle", query: query)
        try await read(path, as: "the support bundle of host '\(host)'") { text in
            rest += text.utf8
            taken += text.utf8.count
            var begin = 0
            while let newline = rest[begin...].firstIndex(of: 0x0A) {
                let piece = try? JSONDecoder().decode(SupportPiece.self, from: Data(rest[begin..<newline]))
                guard let piece, piece.isInside else { throw unreadable(host, "it sends what is no piece of a file") }
                try handle(piece)
                begin = newline + 1
            }
            rest.removeFirst(begin)
            guard taken <= Self.bundleLimit, rest.count <= Self.lineLimit else {
                throw unreadable(host, "it is larger than a bundle may be")
            }
        }
    }

    private func unreadable(_ host: String, _ why: String) -> ClientError {
        ClientError(
            .unexpectedAnswer,
            "the support bundle of host '\(host)' cannot be read: \(why)",
            hint: "compare the versions of muster and of muster-agent there: muster host inspect \(host)"
        )
    }
}

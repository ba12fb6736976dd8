extension OperatorClient {
    /// Takes one host's part of a support bundle, piece by piece, within ``SupportPieceReader/limit``.
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
        let path = project("/hosts/\(Self.escaped(host))/support-bundle", query: query)
        var reader = SupportPieceReader()
        do {
            try await read(path, as: "the support bundle of host '\(host)'") { try reader.read($0, handle) }
        } catch let refusal as SupportPieceReader.Refusal {
            throw ClientError(
                .unexpectedAnswer,
                "the support bundle of host '\(host)' cannot be read: \(refusal.why)",
                hint: "compare the versions of muster and of muster-agent there: muster host inspect \(host)"
            )
        }
    }
}

/// What a shim answers: one line, beginning with the protocol's version.
package enum ShimReply: Hashable, Sendable {
    /// The child lives.
    case running(ProcessIdentity)
    /// The child lives; it was told to stop.
    case stopping(ProcessIdentity)
    /// The child has ended.
    case exited(ShimExitRecord)
    /// The line was not understood.
    case refused(String)

    /// The line, with its newline.
    package var line: String {
        switch self {
        case .running(let child): "\(ShimRequest.version) running \(child)\n"
        case .stopping(let child): "\(ShimRequest.version) stopping \(child)\n"
        case .exited(let record): "\(ShimRequest.version) exited \(record.at) \(record.exit)\n"
        case .refused(let why): "\(ShimRequest.version) refused \(why)\n"
        }
    }

    /// Reads a line without its newline; `nil` when it is none.
    package init?(line: some StringProtocol) {
        let fields = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0] == ShimRequest.version else { return nil }
        switch fields[1] {
        case "running", "stopping":
            guard let child = ProcessIdentity(text: fields[2]) else { return nil }
            self = fields[1] == "running" ? .running(child) : .stopping(child)
        case "exited":
            let rest = fields[2].split(separator: " ", maxSplits: 1)
            guard rest.count == 2, let at = Int64(rest[0]), let exit = ShimExit(text: rest[1]) else { return nil }
            self = .exited(ShimExitRecord(exit: exit, at: at))
        case "refused": self = .refused(String(fields[2]))
        default: return nil
        }
    }
}

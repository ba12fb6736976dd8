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

    /// Reads a line without its newline; `nil` when it is none. Words that a newer shim adds at the end are left out.
    package init?(line: some StringProtocol) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 3, words[0] == ShimRequest.version else { return nil }
        switch words[1] {
        case "running", "stopping":
            guard words.count >= 4, let child = ProcessIdentity(text: "\(words[2]) \(words[3])") else { return nil }
            self = words[1] == "running" ? .running(child) : .stopping(child)
        case "exited":
            guard words.count >= 5, let at = Int64(words[2]), let exit = ShimExit(text: "\(words[3]) \(words[4])")
            else {
                return nil
            }
            self = .exited(ShimExitRecord(exit: exit, at: at))
        case "refused": self = .refused(words[2...].joined(separator: " "))
        default: return nil
        }
    }
}

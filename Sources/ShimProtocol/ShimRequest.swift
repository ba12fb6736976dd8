/// What an agent asks a shim: one line, beginning with the protocol's version.
package enum ShimRequest: Hashable, Sendable {
    /// How is the child?
    case status
    /// As `status`, and again a line when the child has ended.
    case watch
    /// Send the signal to the child's process group, and SIGKILL after so many milliseconds.
    case stop(signal: Int32, grace: Int64)

    /// The version that begins each line.
    package static let version = "1"

    /// The longest line, in bytes.
    package static let lineLimit = 256

    /// The line, with its newline.
    package var line: String {
        switch self {
        case .status: "\(Self.version) status\n"
        case .watch: "\(Self.version) watch\n"
        case .stop(let signal, let grace): "\(Self.version) stop \(signal) \(grace)\n"
        }
    }

    /// Reads a line without its newline; `nil` when it is none. What a newer agent adds at the end as `name=value` is left
    /// out.
    package init?(line: some StringProtocol) {
        var fields = line.split(separator: " ", omittingEmptySubsequences: false)
        while fields.last?.contains("=") == true { fields.removeLast() }
        guard fields.count >= 2, fields[0] == Self.version else { return nil }
        switch (fields[1], fields.count) {
        case ("status", 2): self = .status
        case ("watch", 2): self = .watch
        case ("stop", 4):
            guard let signal = Int32(fields[2]), (1...64).contains(signal), let grace = Int64(fields[3]), grace >= 0
            else { return nil }
            self = .stop(signal: signal, grace: grace)
        default: return nil
        }
    }
}

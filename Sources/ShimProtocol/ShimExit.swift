/// How a process ended.
package enum ShimExit: Hashable, Sendable {
    /// It exited with a code.
    case code(Int32)
    /// A signal ended it.
    case signal(Int32)

    /// Reads a status of waitpid(2).
    package init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
    }

    /// Reads `code N` or `signal N`.
    package init?(text: some StringProtocol) {
        let fields = text.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 2, let number = Int32(fields[1]) else { return nil }
        switch fields[0] {
        case "code": self = .code(number)
        case "signal": self = .signal(number)
        default: return nil
        }
    }
}

extension ShimExit: CustomStringConvertible {
    /// `code N` or `signal N`.
    package var description: String {
        switch self {
        case .code(let number): "code \(number)"
        case .signal(let number): "signal \(number)"
        }
    }
}

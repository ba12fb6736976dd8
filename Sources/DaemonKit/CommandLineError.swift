/// A command line that cannot be followed. The process prints its message and exits with `exitCode`.
package struct CommandLineError: Error, Sendable, Hashable {
    /// `EX_USAGE` of sysexits.h.
    package static let exitCode: Int32 = 64

    /// Text for a person: what failed, where, why and what to do next.
    package var message: String

    /// An error.
    package init(_ message: String) {
        self.message = message
    }
}

extension CommandLineError: CustomStringConvertible {
    package var description: String { message }
}

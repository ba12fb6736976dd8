import Glibc

/// What the shim could not do, and why.
struct ShimError: Error {
    /// For people.
    let message: String
    /// The system's number for it; 0 when no system call failed.
    let number: Int32

    /// A failure without an errno.
    init(_ message: String, number: Int32 = 0) {
        self.message = message
        self.number = number
    }

    /// A failed system call: `errno` says why. To be made right after the call.
    init(cannot what: String) {
        let number = errno
        self.init("cannot \(what): \(Self.text(of: number))", number: number)
    }

    /// The system's words for an error number.
    static func text(of number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }

    /// Writes a line to stderr.
    static func tell(_ message: String) {
        _ = Descriptor.writeAll(2, Array("muster-shim: \(message)\n".utf8))
    }
}

package import Fleet
import FoundationEssentials
import Glibc
package import Logging

/// The service manager that has started this process, such as systemd, and what it wants to hear of it: sd_notify(3).
///
/// Where nobody listens (no `NOTIFY_SOCKET`) nothing is said.
package struct ServiceManager: Sendable {
    /// How long it waits for the next sign of life before it ends the process; `nil` when it does not watch.
    package let patience: Span?
    private let socket: String?
    private let logger: Logger

    /// The manager that these variables name.
    /// - Parameter environment: the process's own; `NOTIFY_SOCKET` is a path, or an abstract name that begins with `@`;
    ///   `WATCHDOG_USEC` counts where `WATCHDOG_PID` is this process, or nobody.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment, logger: Logger) {
        let socket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isWatched = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        self.socket = socket
        patience = isWatched && socket != nil && microseconds >= 1000 ? Span(milliseconds: microseconds / 1000) : nil
        self.logger = logger
    }

    /// Says that the service does what it is there for.
    package func ready() { tell("READY=1") }

    /// Says that a loop is ready as soon as it has made a turn and, where it is watched, that it goes on, for as long as
    /// turn follows upon turn. A loop that is wedged is silent, and the manager ends the process.
    ///
    /// Returns when the loop has ended, nobody wants to know more, or the task is cancelled.
    /// - Parameter turn: returns once the loop has made another turn: how many it has made, 0 when it makes no more.
    package func follow(turn: @Sendable () async -> UInt64, time: TimeSource) async {
        guard socket != nil else { return }
        var told: UInt64 = 0
        while true {
            let turns = await turn()
            guard turns > told, !Task.isCancelled else { return }
            tell(told == 0 ? "READY=1" : "WATCHDOG=1")
            told = turns
            // Half of it, as sd_watchdog_enabled(3) advises.
            guard let patience, (try? await time.sleep(Span(milliseconds: patience.milliseconds / 2))) != nil else {
                return
            }
        }
    }

    /// One datagram. What does not arrive is logged: the manager will act as if nothing had been said.
    private func tell(_ word: String) {
        guard let socket else { return }
        let failure = Self.send(word, to: socket)
        guard failure != 0 else { return }
        logger.warning(
            "the service manager does not take what it wants to hear",
            metadata: ["word": "\(word)", "socket": "\(socket)", "errno": "\(failure)"]
        )
    }

    /// - Returns: 0, or `errno`.
    private static func send(_ word: String, to socket: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract name begins with a NUL byte instead of the @, and ends where its length says (unix(7)).
        let isAbstract = socket.hasPrefix("@")
        let name = isAbstract ? [0] + Array(socket.utf8.dropFirst()) : Array(socket.utf8) + [0]
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { path in
            guard name.count <= path.count else { return false }
            unsafe path.copyBytes(from: name)
            return true
        }
        guard fits else { return ENAMETOOLONG }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = Array(word.utf8)
        let sent = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), place, length)
            }
        }
        return sent == bytes.count ? 0 : errno
    }
}

import Fleet
import Synchronization

/// Options that every command takes, at any place before `--`: `--context NAME` and `--request-timeout SPAN`.
struct GlobalOptions: Equatable, Sendable {
    /// Which login is used; `nil` for `MUSTER_CONTEXT`, or the current one.
    var context: String?
    /// How long a call may take; `nil` for 60 s.
    var requestTimeout: Span?

    private static let shared = Mutex(GlobalOptions())

    /// This process's.
    static var current: GlobalOptions { shared.withLock { $0 } }

    /// Takes them out of a command line for this process.
    ///
    /// - Throws: `CommandFailure`, exit code 64.
    static func take(from arguments: [String]) throws -> [String] {
        let (options, rest) = try read(arguments)
        shared.withLock { $0 = options }
        return rest
    }

    /// Takes them out of a command line.
    static func read(_ arguments: [String]) throws -> (options: GlobalOptions, rest: [String]) {
        var options = GlobalOptions()
        var rest: [String] = []
        var words = arguments[...]
        while let word = words.popFirst() {
            if word == "--" { return (options, rest + [word] + words) }
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.first ?? ""
            guard name == "--context" || name == "--request-timeout" else {
                rest.append(word)
                continue
            }
            guard let value = parts.count == 2 ? parts[1] : words.popFirst() else {
                throw CommandFailure.usage("\(name) lacks its value", hint: "write \(name) VALUE")
            }
            try options.set(name, value)
        }
        return (options, rest)
    }

    private mutating func set(_ name: String, _ value: String) throws {
        if name == "--context" {
            context = try ProfileStore.checked(value)
            return
        }
        guard let span = Span(value), span > .seconds(0) else {
            throw CommandFailure.usage("\(name) '\(value)' is no time", hint: "write it like 5s or 2m")
        }
        requestTimeout = span
    }
}

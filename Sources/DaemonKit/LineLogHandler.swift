import Fleet
import Glibc
package import Logging

/// Writes each event as one line to standard error (or to where it is told), in one system call, so that the lines of
/// several processes do not mix.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let time: TimeSource
    private let write: @Sendable (String) -> Void

    /// A handler.
    /// - Parameters:
    ///   - label: the logger's name, written as `logger`.
    ///   - write: takes one whole line, its line feed included.
    package init(
        label: String,
        level: Logger.Level,
        format: LogFormat,
        time: TimeSource = .system,
        write: @escaping @Sendable (String) -> Void = LineLogHandler.writeToStandardError
    ) {
        self.label = label
        logLevel = level
        self.format = format
        self.time = time
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var facts = metadata
        facts.merge(metadataProvider?.get() ?? [:]) { $1 }
        facts.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error, facts["error"] == nil { facts["error"] = "\(error)" }
        write(
            format.line(
                time: time.now(),
                level: event.level,
                label: label,
                message: event.message.description,
                metadata: facts
            )
        )
    }

    /// Writes a line to standard error; a reader that has gone away or is too slow loses it.
    package static func writeToStandardError(_ line: String) {
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

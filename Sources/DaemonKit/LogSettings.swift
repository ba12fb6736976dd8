package import Logging

/// What a daemon logs, and how.
package struct LogSettings: Sendable, Hashable {
    /// Events below this level are not written.
    package var level: Logger.Level
    /// How a line looks.
    package var format: LogFormat

    /// Settings; by default `info` in logfmt.
    package init(level: Logger.Level = .info, format: LogFormat = .logfmt) {
        self.level = level
        self.format = format
    }

    /// The options `--log-level` and `--log-format`, for a daemon's declaration.
    package static let options = [
        CommandLineOption(
            "log-level",
            value: "LEVEL",
            help: "Write events from this level on: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).",
            default: "info"
        ),
        CommandLineOption(
            "log-format",
            value: "FORMAT",
            help: "Write lines as \(LogFormat.allCases.map(\.rawValue).joined(separator: " or ")).",
            default: "logfmt"
        ),
    ]

    /// What `options` were given.
    package init(_ parsed: ParsedCommandLine) throws(CommandLineError) {
        level = try parsed.choice("log-level", among: Logger.Level.allCases, name: \.rawValue) ?? .info
        format = try parsed.choice("log-format", among: LogFormat.allCases, name: \.rawValue) ?? .logfmt
    }

    /// Makes every `Logger` of the process write so, and returns one. Call it once, before anything logs.
    package func bootstrap(label: String) -> Logger {
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level, format: format) }
        return Logger(label: label)
    }
}

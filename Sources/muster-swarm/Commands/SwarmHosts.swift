import ArgumentParser
import Fleet

/// How simulated hosts behave: options of every command that connects them.
struct SwarmHosts: ParsableArguments {
    @Option(help: ArgumentHelp("From the start of a model until it is ready, as in 100ms.", valueName: "span"))
    var startTime = "0ms"

    @Option(help: ArgumentHelp("How long the files of a revision take, as in 2s.", valueName: "span"))
    var fetchTime = "0ms"

    func validate() throws { _ = try timing() }

    /// The times that they take.
    func timing() throws -> SwarmTiming {
        SwarmTiming(fetch: try span(fetchTime, "--fetch-time"), start: try span(startTime, "--start-time"))
    }

    private func span(_ text: String, _ option: String) throws -> Span {
        guard let span = Span(text), span <= .seconds(3600) else {
            throw ValidationError("\(option) takes a length of time up to 1h, as in 100ms, not '\(text)'.")
        }
        return span
    }
}

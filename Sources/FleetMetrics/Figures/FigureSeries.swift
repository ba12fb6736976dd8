import Fleet

/// The figures of one host or replica as they follow each other: the newest, what counters have grown by, how fast.
package struct FigureSeries: Hashable, Sendable {
    /// What was read last.
    package private(set) var newest: FigureRecord
    /// What each counter grew by a second between the last two readings.
    package private(set) var rates: [Figure: Double] = [:]
    /// Seconds between the last two readings; nil before the second.
    package private(set) var span: Double?
    private var tracks: [Figure: CounterTrack] = [:]

    /// A series of one record.
    package init(_ first: FigureRecord) {
        newest = first
        for (figure, value) in first.values where figure.isCounter {
            tracks[figure, default: CounterTrack()].read(value)
        }
    }

    /// Takes the next record. One that is not newer was taken before, and changes nothing.
    ///
    /// - Returns: what is to be rolled up: the growth of counters, the readings of everything else; `nil` when it changed
    ///   nothing.
    package mutating func take(_ record: FigureRecord) -> [Figure: Double]? {
        let milliseconds = (record.at - newest.at).milliseconds
        guard milliseconds > 0 else { return nil }
        let seconds = Double(milliseconds) / 1000
        if record.instance != newest.instance {
            for figure in tracks.keys { tracks[figure]?.beganAnew() }
        }
        var changes: [Figure: Double] = [:]
        rates = [:]
        for (figure, value) in record.values {
            guard figure.isCounter else {
                changes[figure] = value
                continue
            }
            let isFirst = tracks[figure]?.last == nil
            let growth = tracks[figure, default: CounterTrack()].read(value)
            guard !isFirst else { continue }
            changes[figure] = growth
            rates[figure] = growth / seconds
        }
        span = seconds
        newest = record
        return changes
    }

    /// The mean latency, in seconds, of the requests between the last two readings; `nil` when there was none.
    package var latency: Double? {
        guard let sum = rates[.latencySum], let count = rates[.latencyCount], count > 0 else { return nil }
        return sum / count
    }
}

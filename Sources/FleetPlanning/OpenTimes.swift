package import Fleet

/// When a deployment may be changed: its windows and freezes, already read in their time zones.
package struct OpenTimes: Hashable, Sendable {
    /// A stretch of time in which nothing opens or closes.
    package struct Period: Hashable, Sendable {
        /// When it begins; it ends where the next one begins.
        package var from: Instant
        /// Why nothing may be changed in it, in words that follow "it is"; `nil` while it is open.
        package var closedBecause: String?

        /// A stretch of time.
        package init(from: Instant, closedBecause: String? = nil) {
            self.from = from
            self.closedBecause = closedBecause
        }
    }

    /// No windows and no freezes.
    package static let always = OpenTimes(periods: [], horizon: nil)

    private var periods: [Period]
    private var horizon: Instant?
    /// What leads from the time that it is asked about to the time of day: for texts.
    private(set) var toTimeOfDay = Span.seconds(0)

    /// What is known from the first period on.
    ///
    /// - Parameters:
    ///   - periods: rising, without gaps; before the first one it is closed.
    ///   - horizon: from when on nothing is known, and all is closed; `nil` when the last period never ends.
    package init(periods: [Period], horizon: Instant?) {
        self.periods = periods
        self.horizon = horizon
    }

    /// The same, for who is told another time than the time of day.
    ///
    /// - Parameter shift: what leads from that one to the time of day.
    package func told(toTimeOfDay shift: Span) -> OpenTimes {
        let back = Span(milliseconds: -shift.milliseconds)
        var told = self
        for index in periods.indices { told.periods[index].from = periods[index].from + back }
        told.horizon = horizon.map { $0 + back }
        told.toTimeOfDay = shift
        return told
    }

    /// Why nothing may be changed at a moment; `nil` while it is open.
    package func closedBecause(at now: Instant) -> String? {
        guard !periods.isEmpty else { return nil }
        if let horizon, now >= horizon { return "beyond the times that were worked out" }
        guard let index = index(at: now) else { return "outside its maintenance windows" }
        return periods[index].closedBecause
    }

    /// Whether it may be changed at a moment.
    package func isOpen(at now: Instant) -> Bool { closedBecause(at: now) == nil }

    /// When it opens next, or now; `nil` when that is not known.
    package func nextOpening(after now: Instant) -> Instant? {
        if isOpen(at: now) { return now }
        return periods.first { $0.from > now && $0.closedBecause == nil }?.from
    }

    /// When it opens or closes next, or the horizon; `nil` when it never does.
    package func nextChange(after now: Instant) -> Instant? {
        guard !periods.isEmpty else { return nil }
        let current = closedBecause(at: now) == nil
        let next = periods.first { $0.from > now && ($0.closedBecause == nil) != current }?.from
        guard let horizon, horizon > now else { return next }
        return min(next ?? horizon, horizon)
    }

    private func index(at now: Instant) -> Int? {
        var low = 0
        var high = periods.count
        while low < high {
            let middle = (low + high) / 2
            if periods[middle].from <= now { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }
}

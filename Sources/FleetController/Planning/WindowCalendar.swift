package import Fleet
package import FleetPlanning

/// Expands a policy's windows and freezes, which are written in local time, into the times at which it may be changed.
///
/// A window opens once on each of its days: when its zone's clocks first show `opens`, until they first show `closes`
/// afterwards. Where a change of the clocks skips one of the two, the moment of the change stands for it; a window that lies
/// in the skipped hour does not open. Several windows are united; a freeze beats them all.
package struct WindowCalendar: Hashable, Sendable {
    /// How far ahead it looks; its owner expands it again each day.
    package static let horizon = Span.seconds(14 * 86_400)

    private let windows: [MaintenanceWindow]
    private let freezes: [Freeze]

    /// The windows and freezes of one deployment.
    package init(windows: [MaintenanceWindow], freezes: [Freeze]) {
        self.windows = windows
        self.freezes = freezes
    }

    /// The windows and freezes of a policy.
    package init(_ policy: Deployment.Policy) {
        self.init(windows: policy.windows, freezes: policy.freezes)
    }

    /// A stretch of time: until, but without, its end.
    struct Stretch: Hashable {
        var from: Instant
        var until: Instant
        var words = ""
    }

    /// Open and closed from an instant to the horizon, for who is told another time than the time of day.
    ///
    /// - Parameter toTimeOfDay: what leads from the one to the other.
    package func openTimes(from now: Instant, toTimeOfDay shift: Span) -> OpenTimes {
        openTimes(from: now + shift).told(toTimeOfDay: shift)
    }

    /// Open and closed from an instant to the horizon.
    package func openTimes(from now: Instant) -> OpenTimes {
        guard !windows.isEmpty || !freezes.isEmpty else { return .always }
        let end = now + Self.horizon
        let open = windows.isEmpty ? [Stretch(from: now, until: end)] : windows.flatMap { openings(of: $0, now, end) }
        let frozen = freezes.compactMap { stretch(of: $0, now, end) }
        var bounds = Set((open + frozen).flatMap { [$0.from, $0.until] }.filter { $0 > now && $0 < end })
        bounds.insert(now)
        var periods: [OpenTimes.Period] = []
        for bound in bounds.sorted() {
            let closed = Self.closed(at: bound, open: open, frozen: frozen)
            if let last = periods.last, last.closedBecause == closed { continue }
            periods.append(OpenTimes.Period(from: bound, closedBecause: closed))
        }
        return OpenTimes(periods: periods, horizon: end)
    }

    /// Why nothing may be changed at an instant; `nil` when it may.
    private static func closed(at instant: Instant, open: [Stretch], frozen: [Stretch]) -> String? {
        if let freeze = frozen.first(where: { $0.from <= instant && instant < $0.until }) { return freeze.words }
        return open.contains { $0.from <= instant && instant < $0.until } ? nil : "outside its maintenance windows"
    }

    private func openings(of window: MaintenanceWindow, _ now: Instant, _ end: Instant) -> [Stretch] {
        guard let local = LocalTime(window.zone) else { return [] }
        var found: [Stretch] = []
        // The day before: a window over midnight may still be open.
        for day in (local.day(of: now) - 1)...local.day(of: end) where window.days.contains(LocalTime.weekday(of: day))
        {
            let from = local.instants(day: day, minutes: window.opens).first
            let closing = window.closes > window.opens ? day : day + 1
            let (first, last) = local.instants(day: closing, minutes: window.closes)
            let until = first > from ? first : last
            if from < until, until > now, from < end { found.append(Stretch(from: from, until: until)) }
        }
        return found
    }

    /// A freeze lasts as long as its words can mean: from the first instant of its beginning to the last of its end.
    private func stretch(of freeze: Freeze, _ now: Instant, _ end: Instant) -> Stretch? {
        let words = "frozen until \(freeze.until) \(freeze.zone): \(freeze.reason)"
        guard let local = LocalTime(freeze.zone), let from = LocalTime.parse(freeze.from),
            let until = LocalTime.parse(freeze.until)
        else {
            // Better closed than wrong.
            return Stretch(from: now, until: end, words: "frozen: the time zone '\(freeze.zone)' is not known here")
        }
        let stretch = Stretch(
            from: local.instants(day: from.day, minutes: from.minutes).first,
            until: local.instants(day: until.day, minutes: until.minutes).last,
            words: words
        )
        return stretch.until > now && stretch.from < end ? stretch : nil
    }
}

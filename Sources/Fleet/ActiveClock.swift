/// A clock that counts only while Muster could act: DESIGN §8, "Time".
package struct ActiveClock: Hashable, Sendable, Codable {
    /// What it had counted when it last stood still.
    package var counted: Span
    /// Since when it runs; `nil` while it stands.
    package var runningSince: Instant?

    /// A clock at zero that stands.
    package init(counted: Span = .seconds(0), runningSince: Instant? = nil) {
        self.counted = counted
        self.runningSince = runningSince
    }

    /// What it shows. A time of day that went back counts nothing.
    package func value(at now: Instant) -> Span {
        guard let runningSince, now > runningSince else { return counted }
        return Span(milliseconds: counted.milliseconds + (now - runningSince).milliseconds)
    }

    /// Lets it run or stand from now on.
    package mutating func set(running: Bool, at now: Instant) {
        guard running != (runningSince != nil) else { return }
        counted = value(at: now)
        runningSince = running ? now : nil
    }

    /// When it will show a value, should it go on running; `nil` while it stands.
    package func instant(of value: Span) -> Instant? {
        runningSince.map { $0 + Span(milliseconds: max(value.milliseconds - counted.milliseconds, 0)) }
    }
}

import Glibc

/// The clocks, in milliseconds.
enum SystemClock {
    /// Since 1970.
    static var realtime: Int64 { read(CLOCK_REALTIME) }
    /// Since some point that no one can move.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

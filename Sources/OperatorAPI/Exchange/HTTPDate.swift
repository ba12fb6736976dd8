import Fleet
import Synchronization

/// The `date` of an answer (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The newest, since most of them are asked for many times.
    private static let newest = Mutex((second: Int64(-1), text: ""))

    /// - Parameter instant: from 1970 on.
    static func text(_ instant: Instant) -> String {
        let second = instant.milliseconds / 1000
        return newest.withLock { newest in
            if newest.second != second { newest = (second, written(instant)) }
            return newest.text
        }
    }

    private static func written(_ instant: Instant) -> String {
        // RFC 3339: `1994-11-06T08:49:37Z`.
        let halves = instant.description.dropLast().split(separator: "T")
        let date = halves[0].split(separator: "-")
        let weekday = weekdays[Int(instant.milliseconds / 86_400_000 % 7)]
        let month = months[(Int(date[1]) ?? 1) - 1]
        return "\(weekday), \(date[2]) \(month) \(date[0]) \(halves[1]) GMT"
    }
}

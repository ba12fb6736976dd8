import Fleet

/// Figures as people read them.
enum Measure {
    /// `0 B`, `999 B`, `1.0 KiB`, `12.3 GiB`.
    static func bytes(_ count: Int64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024
        var unit = 0
        let units = ["KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// How long ago, in its largest unit: `now`, `5s`, `3m`, `2h`, `4d`.
    static func age(of instant: Instant?, now: Instant) -> String {
        guard let instant else { return "" }
        let seconds = max(0, (now - instant).milliseconds / 1000)
        switch seconds {
        case 0: return "now"
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m"
        case ..<86_400: return "\(seconds / 3600)h"
        default: return "\(seconds / 86_400)d"
        }
    }

    /// `0.3s`, `12.0s`.
    static func seconds(_ span: Span) -> String {
        let tenths = (span.milliseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)s"
    }

    /// `2026-11-21T18:37:00Z (3m ago)`.
    static func point(_ instant: Instant?, now: Instant) -> String {
        guard let instant else { return "" }
        let age = age(of: instant, now: now)
        return "\(instant) (\(age == "now" ? "now" : "\(age) ago"))"
    }

    /// `a=1,b=2`, by key.
    static func labels(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}

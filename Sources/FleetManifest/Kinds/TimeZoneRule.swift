import Fleet
import Foundation

/// Which names of time zones are taken: those of the IANA database that this machine has.
enum TimeZoneRule {
    /// Why `text` is not a time zone's name, or `nil` when it is one. Abbreviations (`CET`) and offsets (`GMT+2`) are
    /// refused: they do not say when clocks change.
    static func problem(withName text: String) -> String? {
        let isNamed = text == "UTC" || text.contains("/")
        if isNamed, TimeZone(identifier: text) != nil { return nil }
        let known = TimeZone.knownTimeZoneIdentifiers
        let city = known.first { $0.split(separator: "/").last.map { $0.lowercased() } == text.lowercased() }
        let nearest = city ?? NearestName.of(text, among: known)
        let hint = nearest.map { "did you mean '\($0)'?" } ?? "write it like Europe/Paris or UTC"
        return "is not a name of the time zone database; \(hint)"
    }
}

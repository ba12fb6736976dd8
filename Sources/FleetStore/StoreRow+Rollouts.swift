import Fleet
import StoreDriver

extension StoreRow {
    /// A row of the table `rollout`.
    func rollout() throws -> Rollout {
        Rollout(
            id: try text("id"),
            deployment: try text("deployment"),
            revision: try revisionReference(),
            state: try word("state"),
            since: try instant("since"),
            reason: try text("reason"),
            actor: try textOrNull("actor"),
            startedAt: try instant("started_at"),
            wave: try int("wave"),
            waveEnds: try waveEnds(),
            promoted: try int("promoted"),
            pause: try jsonOrNull("pause"),
            clock: ActiveClock(counted: try span("clock"), runningSince: try instantOrNull("clock_since")),
            bakedFrom: try integerOrNull("baked_from").map { Span(milliseconds: $0) },
            provenAt: try span("proven_at"),
            acceptedExclusions: try int("accepted_exclusions")
        )
    }

    /// A row of the table `rollout_target`.
    func rolloutTarget() throws -> RolloutTarget {
        RolloutTarget(
            host: try text("host"),
            name: try text("name"),
            site: try text("site"),
            wave: try int("wave"),
            asked: try word("asked"),
            state: try word("state"),
            since: try instant("since"),
            sinceActive: try span("since_active"),
            fetched: try integer("fetched"),
            reason: try textOrNull("reason"),
            overlay: try overlay(),
            failure: try textOrNull("failure")
        )
    }

    func int(_ column: String) throws -> Int { Int(try integer(column)) }

    private func span(_ column: String) throws -> Span { Span(milliseconds: try integer(column)) }

    private func waveEnds() throws -> [Int] {
        let text = try text("wave_ends")
        return try text.split(separator: ",").map { end in
            guard let end = Int(end) else { throw corrupt("wave_ends", text, "they are no numbers") }
            return end
        }
    }

    private func overlay() throws -> RolloutTarget.Overlay? {
        guard let word = try textOrNull("overlay") else { return nil }
        switch word {
        case "unreachable": return .unreachable(since: try instant("overlay_at"))
        case "presumedFailed": return .presumedFailed(since: try instant("overlay_at"))
        case "deferred": return .deferred(until: try instantOrNull("overlay_at"))
        case "skipped": return .skipped(reason: try text("overlay_reason"))
        case "ineligible": return .ineligible(reason: try text("overlay_reason"))
        case "excluded": return .excluded(reason: try text("overlay_reason"))
        default: throw corrupt("overlay", word, "it is none")
        }
    }
}

extension StoreValue {
    static func span(_ value: Span) -> StoreValue { .integer(value.milliseconds) }
}

extension RolloutTarget.Overlay {
    /// The columns `overlay`, `overlay_at`, `overlay_reason`.
    var columns: [StoreValue] {
        switch self {
        case .unreachable(let since): ["unreachable", .instant(since), .null]
        case .presumedFailed(let since): ["presumedFailed", .instant(since), .null]
        case .deferred(let until): ["deferred", .instant(orNull: until), .null]
        case .skipped(let reason): ["skipped", .null, .text(reason)]
        case .ineligible(let reason): ["ineligible", .null, .text(reason)]
        case .excluded(let reason): ["excluded", .null, .text(reason)]
        }
    }
}

/// How a revision is taken to a list of hosts: DESIGN §5 and §8.
package struct RolloutPolicy: Hashable, Sendable, Codable {
    /// What becomes of a host that cannot be reached when its turn comes.
    package enum Unreachable: Hashable, Sendable, Codable {
        /// Its wave ends without it; it follows on return.
        case exclude
        /// Its wave waits for it, so long after the rollout's start; then it is excluded.
        case wait(Span)
        /// It counts as a failure.
        case fail
    }

    /// The waves, each saying how much of the list is done after it; the last one is the whole list.
    package var waves: [Amount]
    /// The label whose values each wave is spread over; the staging budget counts by it too.
    package var spread: String
    /// How many hosts may be between the start of their switch and *verified* at a time.
    package var maxInFlight: Amount
    /// How long everything must be green on a host after its switch.
    package var stableFor: Span
    /// How long a wave is watched after its last host was verified.
    package var bake: Span
    /// How many hosts of the list may fail after the first wave; a share is rounded down.
    package var maxFailed: Amount
    /// What becomes of hosts that cannot be reached.
    package var unreachable: Unreachable
    /// How many of the hosts that serve something must be able to go back when the rollout begins; a share is rounded up.
    /// `nil` when that is not asked.
    package var minReadiness: Amount?

    /// How a revision is taken to a list of hosts.
    package init(
        waves: [Amount] = [.percent(1), .percent(10), .percent(50), .percent(100)],
        spread: String = "site",
        maxInFlight: Amount = .percent(10),
        stableFor: Span = .seconds(30),
        bake: Span = .seconds(0),
        maxFailed: Amount = .percent(5),
        unreachable: Unreachable = .exclude,
        minReadiness: Amount? = nil
    ) {
        self.waves = waves
        self.spread = spread
        self.maxInFlight = maxInFlight
        self.stableFor = stableFor
        self.bake = bake
        self.maxFailed = maxFailed
        self.unreachable = unreachable
        self.minReadiness = minReadiness
    }

    /// How many hosts of a list each wave ends with: rising, empty waves dropped, the last one the whole list.
    package func waveEnds(of size: Int) -> [Int] {
        var ends: [Int] = []
        for wave in waves + [.percent(100)] {
            let end = wave.hosts(of: size)
            if end > ends.last ?? 0 { ends.append(end) }
        }
        return ends
    }
}

extension RolloutPolicy.Unreachable {
    private enum Word: String, Codable {
        case exclude, fail
    }

    private enum CodingKeys: String, CodingKey {
        case wait
    }

    /// As manifests write it: `"exclude"`, `"fail"`, `{"wait": "2h"}`.
    package init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(Word.self) {
            self = word == .exclude ? .exclude : .fail
        } else {
            self = .wait(try decoder.container(keyedBy: CodingKeys.self).decode(Span.self, forKey: .wait))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .exclude: try Word.exclude.encode(to: encoder)
        case .fail: try Word.fail.encode(to: encoder)
        case .wait(let span):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(span, forKey: .wait)
        }
    }
}

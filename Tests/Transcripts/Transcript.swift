import Fleet
import FleetSimulation

/// A story as text: what people type and what happens, and after each line how the fleet stands.
///
/// ```
/// # a title
/// fleet 6 hosts at 2 sites
/// policy wine waves=1,100% inFlight=2 bake=5m
/// > muster apply wine
/// ~ 10m
/// | wine: revision 1 succeeded: verified on 6 of 6 hosts
/// ```
///
/// Lines that begin with `>` are commands, with `~` what happens, with `|` what must be seen; the others are its beginning.
struct Transcript {
    struct Problem: Error, CustomStringConvertible {
        let line: Int
        let text: String
        let why: String
        var description: String { "line \(line): \(why): \(text)" }
    }

    private var story = SimulationStory(hosts: 1, sites: 1)
    private var policies: [String: Deployment.Policy] = [:]
    private var sites: [Int] = [0]

    /// Tells a story anew: its own lines, and after each command and event what is seen now.
    static func told(_ text: String) throws -> String {
        var transcript = Transcript()
        var lines: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.hasPrefix("|") else { continue }
            lines.append(String(line))
            do {
                let isSeen = try transcript.happen(String(line))
                if isSeen { lines += transcript.story.state.map { "| \($0)" } }
                if let failure = transcript.story.failure { lines.append("| BROKEN \(failure)") }
            } catch {
                throw Problem(line: index + 1, text: String(line), why: "\(error)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Returns whether the fleet is to be looked at.
    private mutating func happen(_ line: String) throws -> Bool {
        let words: [String] = line.split(separator: " ").map(String.init)
        let rest: [String] = Array(words.suffix(max(words.count - 1, 0)))
        switch words.first {
        case nil, "#": return false
        case "fleet":
            guard words.count == 6, let hosts = Int(words[1]), let count = Int(words[4]) else { throw refused(line) }
            story = SimulationStory(hosts: hosts, sites: count)
            sites = Array(0..<count)
            return false
        case "policy":
            policies[words[1]] = try policy(words.suffix(from: 2))
            return false
        case ">":
            try command(rest)
            return false
        case "~": return try event(rest)
        default: throw refused(line)
        }
    }

    private func refused(_ text: String) -> SimulationStory.Refusal { .init("not understood: \(text)") }

    private func policy(_ words: ArraySlice<String>) throws -> Deployment.Policy {
        var policy = RolloutPolicy()
        var windows: [MaintenanceWindow] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw refused(word) }
            switch parts[0] {
            case "waves": policy.waves = parts[1].split(separator: ",").compactMap { Amount($0) }
            case "inFlight": policy.maxInFlight = Amount(parts[1]) ?? policy.maxInFlight
            case "maxFailed": policy.maxFailed = Amount(parts[1]) ?? policy.maxFailed
            case "bake": policy.bake = Span(parts[1]) ?? policy.bake
            case "stableFor": policy.stableFor = Span(parts[1]) ?? policy.stableFor
            case "window":
                let hours = parts[1].split(separator: "-").compactMap { Int($0) }
                guard hours.count == 2 else { throw refused(word) }
                let days = MaintenanceWindow.Day.allCases
                windows = [MaintenanceWindow(days: days, opens: hours[0] * 60, closes: hours[1] * 60, zone: "UTC")]
            default: throw refused(word)
            }
        }
        return Deployment.Policy(rollout: policy, windows: windows)
    }

    private mutating func command(_ words: [String]) throws {
        guard words.first == "muster", words.count >= 3 else { throw refused(words.joined(separator: " ")) }
        switch words[1] {
        case "apply" where words.contains("--again"): try story.applyAgain(words[2])
        case "apply":
            var flaw: (String, hosts: Set<Int>)?
            if let place = words.firstIndex(of: "--flaw") {
                let hosts = words.suffix(from: place + 2).compactMap { Int($0.dropFirst(2)) }
                flaw = (words[place + 1], Set(hosts))
            }
            try story.apply(words[2], sites: sites, policy: policies[words[2]] ?? Deployment.Policy(), flaw: flaw)
        case "rollback": try rollBack(words)
        case "delete": try story.delete(words[2])
        case "rollout":
            guard words.count >= 4, let command = rolloutCommand(words) else {
                throw refused(words.joined(separator: " "))
            }
            guard try story.command(command, words[3]) else { throw refused("\(words) was refused") }
        default: throw refused(words[1])
        }
        story.pass(.seconds(1))
    }

    private func rollBack(_ words: [String]) throws {
        if words[2] == "undo" { return try story.undo(words[3]) }
        var way = SimulationStory.WayBack()
        for (option, value) in zip(words, words.dropFirst()) {
            switch option {
            case "--strategy": way.strategy = Rollback.Strategy(rawValue: value) ?? .fast
            case "--on-failure": way.onFailure = AssignmentItem.OnFailure(rawValue: value) ?? .keepServing
            case "--to": way.version = UInt64(value)
            case "--to-time": way.ago = Span(value)
            case "--hosts": way.hosts = value.split(separator: ",").map(String.init)
            default: break
            }
        }
        for name in words[2] == "--all" ? policies.keys.sorted() : [words[2]] { try story.rollBack(name, way) }
    }

    private func rolloutCommand(_ words: [String]) -> RolloutCommand? {
        switch words[2] {
        case "pause": .pause
        case "resume": .resume
        case "promote": .promote(full: words.contains("--full"))
        case "abort": .abort
        case "cancel": .cancel
        case "retry": .retry
        case "skip": words.count > 4 ? .skip(host: words[4]) : nil
        default: nil
        }
    }

    private mutating func event(_ words: [String]) throws -> Bool {
        let text = words.joined(separator: " ")
        if let first = words.first, let span = Span(first), words.count == 1 {
            story.pass(span)
            return true
        }
        if text == "the controller restarts" {
            story.restartController(after: .seconds(30))
            return false
        }
        guard let first = words.first, first.hasPrefix("h-"), let host = Int(first.dropFirst(2)) else {
            throw refused(text)
        }
        switch words.suffix(from: 1).joined(separator: " ") {
        case "goes dark": story.setDark(host, true)
        case "comes back": story.setDark(host, false)
        case "loses power": story.powerCut(host, for: .seconds(120))
        case "is pinned": story.pin(host, true)
        case "is unpinned": story.pin(host, false)
        case let spoils where spoils.hasPrefix("spoils "):
            guard words.count == 4, let revision = UInt64(words[3]) else { throw refused(text) }
            try story.spoil(words[2], revision: revision, on: host)
        case "leaves": story.label(host, site: 99)
        case let joins where joins.hasPrefix("joins s-"): story.label(host, site: Int(joins.dropFirst(8)) ?? 0)
        default: throw refused(text)
        }
        return false
    }
}

/// The host's own filter of what comes in, as `nft list ruleset` prints it.
enum HostFirewall {
    /// A chain that lets nothing in but what it names, and does not name what comes through endpoints.
    struct Obstacle: Sendable, Hashable {
        /// `inet filter input`
        var chain: String

        /// The one rule that it needs: a filter sees the private port, so "allow 8080" does not match.
        func rule(for ports: [UInt16]) -> String {
            guard !ports.isEmpty else { return "nft insert rule \(chain) ct status dnat accept" }
            let list = ports.sorted().map(String.init).joined(separator: ", ")
            return "nft insert rule \(chain) meta l4proto tcp ct original proto-dst { \(list) } accept"
        }
    }

    /// The chains that stand in the way of endpoints.
    static func obstacles(in ruleset: String) -> [Obstacle] {
        var table = ""
        var chain: (name: String, lines: [String])?
        var found: [Obstacle] = []
        for line in ruleset.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            if words.count == 4, words[0] == "table", line.first == "t" {
                table = "\(words[1]) \(words[2])"
            } else if words.count == 3, words[0] == "chain" {
                chain = (words[1], [])
            } else if words == ["}"], let ended = chain {
                if stands(ended.lines) { found.append(Obstacle(chain: "\(table) \(ended.name)")) }
                chain = nil
            } else {
                chain?.lines.append(words.joined(separator: " "))
            }
        }
        return found
    }

    private static func stands(_ lines: [String]) -> Bool {
        guard let head = lines.first, head.hasPrefix("type filter hook input") else { return false }
        let rules = lines.dropFirst()
        let last = rules.last ?? ""
        let isStrict =
            head.hasSuffix("policy drop;") || last == "drop" || last.hasPrefix("reject")
            || last.hasPrefix("counter") && (last.hasSuffix(" drop") || last.contains(" reject"))
        let lets = rules.contains { rule in
            rule.hasSuffix("accept") && (rule.contains("ct status dnat") || rule.contains("ct original proto-dst"))
        }
        return isStrict && !lets
    }
}

/// The table in the words of `nft`. The rules and their traps were measured; see nft(8).
///
/// * `redirect` happens in two hooks: for packets that come in, and for those that this host sends to itself.
///   `fib daddr type local` leaves the host's calls to *other* hosts' same port alone.
/// * A connection keeps the target of its first packet; a change concerns new ones only.
/// * `@adopted`: what is no first packet belongs to a connection of the program that listens there. The kernel need not know
///   that connection yet (it was idle since before this table), and would take it for a new one.
/// * `@closed` rejects new connections only, for the same program's sake.
/// * `@hidden` is reached through an endpoint (`ct status dnat`) or on this host itself (`lo`).
/// * `@cut` works in both directions: no request comes in, and no answer that was under way goes out. Resets may.
extension EndpointTable {
    /// The table's family and name.
    static let name = "inet muster"

    /// The rules by chain, each with the comment that it is recognised by.
    static let rules: [(chain: String, rule: String, comment: String)] = [
        ("prerouting", "tcp dport @adopted tcp flags & (fin|syn|rst|ack) != syn accept", "muster 1 older remote"),
        ("output", "tcp dport @adopted tcp flags & (fin|syn|rst|ack) != syn accept", "muster 1 older local"),
        ("prerouting", "fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint", "muster 1 remote"),
        ("output", "fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint", "muster 1 local"),
        ("input", "tcp dport @cut ct status dnat reject with tcp reset", "muster 1 cut requests"),
        ("input", "tcp dport @closed tcp flags & (fin|syn|rst|ack) == syn reject with tcp reset", "muster 1 closed"),
        ("input", "tcp dport @hidden iif != \"lo\" ct status ! dnat reject with tcp reset", "muster 1 hidden"),
        ("replies", "tcp sport @cut ct status dnat tcp flags ! rst reject with tcp reset", "muster 1 cut answers"),
    ]

    /// The chains by name, each with the hook that it hangs on.
    static let chains: [(name: String, hook: String)] = [
        ("prerouting", "type nat hook prerouting priority -100; policy accept;"),
        ("output", "type nat hook output priority -100; policy accept;"),
        ("input", "type filter hook input priority 0; policy accept;"),
        ("replies", "type filter hook output priority 0; policy accept;"),
    ]

    /// Brings a table that has its chains to this content, in one transaction.
    var contentScript: String {
        var lines = ["flush map \(Self.name) endpoint"]
        lines += ["closed", "cut", "adopted"].map { "flush set \(Self.name) \($0)" }
        if !open.isEmpty {
            let pairs = open.sorted { $0.key < $1.key }.map { "\($0.key) : \($0.value)" }
            lines.append("add element \(Self.name) endpoint { \(pairs.joined(separator: ", ")) }")
        }
        for (set, ports) in [("closed", closed), ("cut", cut), ("adopted", adopted)] where !ports.isEmpty {
            let list = ports.sorted().map(String.init).joined(separator: ", ")
            lines.append("add element \(Self.name) \(set) { \(list) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Brings whatever is there to this table as a whole, in one transaction.
    var script: String {
        var lines = [
            "add table \(Self.name)",
            "add map \(Self.name) endpoint { type inet_service : inet_service; }",
            "add set \(Self.name) closed { type inet_service; }",
            "add set \(Self.name) cut { type inet_service; }",
            "add set \(Self.name) adopted { type inet_service; }",
            "add set \(Self.name) hidden { type inet_service; flags interval; }",
            "flush set \(Self.name) hidden",
            "add element \(Self.name) hidden { \(hidden.lowerBound)-\(hidden.upperBound) }",
        ]
        for chain in Self.chains {
            lines.append("add chain \(Self.name) \(chain.name) { \(chain.hook) }")
            lines.append("flush chain \(Self.name) \(chain.name)")
        }
        for rule in Self.rules {
            lines.append("add rule \(Self.name) \(rule.chain) \(rule.rule) comment \"\(rule.comment)\"")
        }
        return lines.joined(separator: "\n") + "\n" + contentScript
    }

    /// The same where a table of this name is there that cannot be changed into this one.
    var replacingScript: String { "add table \(Self.name)\ndelete table \(Self.name)\n" + script }
}

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
/// * A bridged container is reached by `dnat` to its own address (`redirect` to a port that an engine publishes hangs): other hosts'
///   packets are forwarded there, this host's own go out to it. Whoever is behind 127.0.0.1 or on the containers' own network would
///   not get the answer back without `masquerade`.
/// * The kernel lets 127.0.0.1 through to the containers' interface (`BridgeLink`); nobody may come in that way, nor go on who came
///   while this table was gone.
/// * `@severed` is for containers what `@cut` is for this host: resets of both ends pass, and those that a rule here sends to one of
///   them, which come by another. `@places` are reached from other hosts through an endpoint only.
extension EndpointTable {
    /// The table's family and name.
    static let name = "inet muster"

    /// The rules by chain, each with the comment that it is recognised by.
    static let rules: [(chain: String, rule: String, comment: String)] = [
        ("prerouting", "tcp dport @adopted tcp flags & (fin|syn|rst|ack) != syn accept", "muster 1 older remote"),
        ("output", "tcp dport @adopted tcp flags & (fin|syn|rst|ack) != syn accept", "muster 1 older local"),
        ("prerouting", "fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint", "muster 1 remote"),
        ("output", "fib daddr type local meta l4proto tcp redirect to :tcp dport map @endpoint", "muster 1 local"),
        (
            "prerouting", "fib daddr type local meta l4proto tcp dnat ip to tcp dport map @bridged",
            "muster 1 remote bridged"
        ),
        ("output", "fib daddr type local meta l4proto tcp dnat ip to tcp dport map @bridged", "muster 1 local bridged"),
        (
            "postrouting", "ip saddr 127.0.0.0/8 ip daddr . tcp dport @places masquerade",
            "muster 1 loopback bridged"
        ),
        (
            "postrouting", "ct status dnat ip saddr @near ip daddr . tcp dport @places masquerade",
            "muster 1 near bridged"
        ),
        ("input", "tcp dport @cut ct status dnat reject with tcp reset", "muster 1 cut requests"),
        ("input", "tcp dport @closed tcp flags & (fin|syn|rst|ack) == syn reject with tcp reset", "muster 1 closed"),
        ("input", "tcp dport @hidden iif != \"lo\" ct status ! dnat reject with tcp reset", "muster 1 hidden"),
        ("replies", "tcp sport @cut ct status dnat tcp flags ! rst reject with tcp reset", "muster 1 cut answers"),
        ("input", "iif != \"lo\" ip daddr 127.0.0.0/8 ct status ! dnat drop", "muster 1 loopback"),
        (
            "input", "ip saddr . tcp sport @severed ct status dnat tcp flags ! rst reject with tcp reset",
            "muster 1 severed answers to here"
        ),
        (
            "replies", "ip daddr . tcp dport @severed ct status dnat tcp flags ! rst reject with tcp reset",
            "muster 1 severed requests from here"
        ),
        (
            "forward", "ip saddr . tcp sport @severed ct status dnat tcp flags ! rst reject with tcp reset",
            "muster 1 severed answers"
        ),
        (
            "forward", "ip daddr . tcp dport @severed ct status dnat tcp flags ! rst reject with tcp reset",
            "muster 1 severed requests"
        ),
        (
            "forward", "ip daddr . tcp dport @places ip saddr != @near ct status ! dnat reject with tcp reset",
            "muster 1 bridged hidden"
        ),
    ]

    /// The chains by name, each with the hook that it hangs on.
    static let chains: [(name: String, hook: String)] = [
        ("prerouting", "type nat hook prerouting priority -100; policy accept;"),
        ("output", "type nat hook output priority -100; policy accept;"),
        ("input", "type filter hook input priority 0; policy accept;"),
        ("replies", "type filter hook output priority 0; policy accept;"),
        ("postrouting", "type nat hook postrouting priority 100; policy accept;"),
        ("forward", "type filter hook forward priority 0; policy accept;"),
    ]

    /// The sets whose content changes, each with its type.
    private static let sets: [(name: String, type: String)] = [
        ("closed", "inet_service"), ("cut", "inet_service"), ("adopted", "inet_service"),
        ("places", "ipv4_addr . inet_service"),
        ("severed", "ipv4_addr . inet_service"), ("near", "ipv4_addr; flags interval"),
    ]

    /// Brings a table that has its chains to this content, in one transaction.
    var contentScript: String {
        let flushed =
            ["map \(Self.name) endpoint", "map \(Self.name) bridged"] + Self.sets.map { "set \(Self.name) \($0.name)" }
        var lines = flushed.map { "flush \($0)" }
        for (set, elements) in elements where !elements.isEmpty {
            lines.append("add element \(Self.name) \(set) { \(elements.joined(separator: ", ")) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var elements: [(set: String, elements: [String])] {
        let led = open.sorted { $0.key < $1.key }
        return [
            ("endpoint", led.filter { places[$0.value] == nil }.map { "\($0.key) : \($0.value)" }),
            ("closed", closed.sorted().map(String.init)),
            ("cut", cut.filter { places[$0] == nil }.sorted().map(String.init)),
            ("adopted", adopted.sorted().map(String.init)),
            ("bridged", led.compactMap { port, led in places[led].map { "\(port) : \($0.element)" } }),
            // The private port goes with it, to be read back.
            ("places", places.sorted { $0.key < $1.key }.map { "\($0.value.element) comment \"\($0.key)\"" }),
            ("severed", cut.sorted().compactMap { places[$0]?.element }),
            ("near", near.sorted().map(\.description)),
        ]
    }

    /// Brings whatever is there to this table as a whole, in one transaction.
    var script: String {
        var lines = [
            "add table \(Self.name)",
            "add map \(Self.name) endpoint { type inet_service : inet_service; }",
            "add map \(Self.name) bridged { type inet_service : ipv4_addr . inet_service; }",
        ]
        lines += Self.sets.map { "add set \(Self.name) \($0.name) { type \($0.type); }" }
        lines += [
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

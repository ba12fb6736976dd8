/// The table as `nft list table` prints it.
extension EndpointTable {
    /// What a listing says; `nil` when a chain, a rule or a set of ours is missing in it.
    init?(listing: String) {
        guard Self.block("set adopted", in: listing) != nil,
            Self.chains.allSatisfy({ Self.block("chain \($0.name)", in: listing) != nil }),
            Self.rules.allSatisfy({ Self.isKept($0.rule, $0.comment, in: $0.chain, of: listing) })
        else { return nil }
        self.init(contentOf: listing)
    }

    /// What a listing says about endpoints, whether or not its rules are there; `nil` when a set is missing. An older agent's has
    /// none for containers.
    init?(contentOf listing: String) {
        guard let pairs = Self.elements("map endpoint", in: listing),
            let closed = Self.ports("set closed", in: listing),
            var cut = Self.ports("set cut", in: listing),
            let hidden = Self.elements("set hidden", in: listing)?.first.flatMap(Self.range),
            let places = Self.places(in: listing)
        else { return nil }
        let near = (Self.elements("set near", in: listing) ?? []).compactMap { IPv4Network($0) }
        var open: [UInt16: UInt16] = [:]
        let portOf = Dictionary(uniqueKeysWithValues: places.map { ($0.value, $0.key) })
        for pair in pairs + (Self.elements("map bridged", in: listing) ?? []) {
            let ends = pair.split(separator: ":").map(Self.trimmed)
            guard ends.count == 2, let port = UInt16(ends[0]) else { return nil }
            guard let led = UInt16(ends[1]) ?? ContainerPlace(ends[1]).flatMap({ portOf[$0] }) else { return nil }
            open[port] = led
        }
        for element in Self.elements("set severed", in: listing) ?? [] {
            guard let port = ContainerPlace(element).flatMap({ portOf[$0] }) else { return nil }
            cut.insert(port)
        }
        // A table of an older agent has no such set.
        let adopted = Self.ports("set adopted", in: listing) ?? []
        self.init(
            open: open,
            closed: closed,
            cut: cut,
            adopted: adopted,
            places: places,
            near: Set(near),
            hiding: hidden
        )
    }

    /// By private port, which is each element's comment: `10.88.0.5 . 8080 comment "18001"`.
    private static func places(in listing: String) -> [UInt16: ContainerPlace]? {
        var places: [UInt16: ContainerPlace] = [:]
        for element in elements("set places", in: listing) ?? [] {
            let words = element.split(separator: "\"")
            guard words.count == 2, let port = UInt16(words[1]), let end = words[0].firstRange(of: " comment "),
                let place = ContainerPlace(words[0][..<end.lowerBound]), !places.values.contains(place)
            else { return nil }
            places[port] = place
        }
        return places
    }

    private static let verdicts = [
        "redirect to", "dnat ip to", "masquerade", "reject with tcp reset", "drop", "accept",
    ]

    /// A rule is known by its comment: each `nft` prints the rest in words of its own. Only its verdict is looked for.
    private static func isKept(_ rule: String, _ comment: String, in chain: String, of listing: String) -> Bool {
        guard let block = block("chain \(chain)", in: listing) else { return false }
        let line = block.split(separator: "\n").first { $0.contains("comment \"\(comment)\"") }
        return verdicts.first { rule.contains($0) }.map { line?.contains($0) == true } == true
    }

    private static func ports(_ set: String, in listing: String) -> Set<UInt16>? {
        guard let elements = elements(set, in: listing) else { return nil }
        let ports = elements.compactMap { UInt16($0) }
        return ports.count == elements.count ? Set(ports) : nil
    }

    private static func range(_ text: String) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-").compactMap { UInt16(trimmed($0)) }
        guard let low = ends.first, let high = ends.last, low <= high, ends.count <= 2 else { return nil }
        return low...high
    }

    private static func elements(_ set: String, in listing: String) -> [String]? {
        guard let block = block(set, in: listing) else { return nil }
        guard let start = block.firstRange(of: "elements = {") else { return [] }
        guard let end = block[start.upperBound...].firstIndex(of: "}") else { return nil }
        return block[start.upperBound..<end].split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }

    /// The lines between a block's first one and the one that closes it; nft indents them by two more tabs.
    private static func block(_ head: String, in listing: String) -> Substring? {
        guard let start = listing.firstRange(of: "\t\(head) {\n") else { return nil }
        let rest = listing[start.upperBound...]
        guard let end = rest.firstRange(of: "\n\t}") else { return nil }
        return rest[..<end.lowerBound]
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

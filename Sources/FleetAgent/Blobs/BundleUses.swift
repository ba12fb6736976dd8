import Fleet

/// When each bundle was last of use: `HEX milliseconds` a line. What is not there is oldest; to lose it costs a fetch.
struct BundleUses: Hashable, Sendable {
    private(set) var instants: [Digest: Instant] = [:]

    /// Nothing is known.
    init() {}

    /// Reads what was written; what cannot be read is left out.
    init(bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A) {
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard fields.count == 2, let digest = Digest(hex: fields[0]), let at = Int64(fields[1]) else { continue }
            instants[digest] = Instant(milliseconds: at)
        }
    }

    /// To be written.
    var bytes: [UInt8] {
        Array(
            instants.sorted { $0.key < $1.key }.map { "\($0.key.hex) \($0.value.milliseconds)\n" }.joined().utf8
        )
    }

    /// When a bundle was last of use.
    subscript(bundle: Digest) -> Instant { instants[bundle] ?? Instant(milliseconds: 0) }

    /// A bundle is of use now.
    mutating func used(_ bundle: Digest, at now: Instant) { instants[bundle] = now }

    /// Forgets all but these.
    mutating func forget(except bundles: Set<Digest>) { instants = instants.filter { bundles.contains($0.key) } }
}

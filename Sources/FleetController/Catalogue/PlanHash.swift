import Fleet

/// The hash of a plan: the store's revision at which it was made, and hashes of what it covers (DESIGN §5): what is
/// desired, and the eligible hosts with the revisions that they come from. Not whether hosts can be reached, nor their disks.
package struct PlanHash: Hashable, Sendable {
    private static let digits = 12

    /// The store's revision when the plan was made: what changed later is told to whom it surprises.
    package var revision: UInt64
    /// Of what is desired and what becomes of each object.
    package var content: String
    /// Of the hosts that would move, from what to what.
    package var hosts: String

    /// Of a plan; the order of the lines does not matter.
    init(revision: UInt64, content: [String], hosts: [String]) {
        self.revision = revision
        self.content = Self.digest(of: content)
        self.hosts = Self.digest(of: hosts)
    }

    /// Reads a hash; `nil` for another text.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        func isHash(_ part: Substring) -> Bool {
            part.utf8.count == Self.digits
                && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        }
        guard parts.count == 3, let revision = UInt64(parts[0]), isHash(parts[1]), isHash(parts[2]) else { return nil }
        self.revision = revision
        content = String(parts[1])
        hosts = String(parts[2])
    }

    private static func digest(of lines: [String]) -> String {
        let digest = Digest(of: lines.sorted().joined(separator: "\n").utf8).description
        return String(digest.dropFirst("sha256:".count).prefix(digits))
    }

    /// Whether both are plans of the same.
    func covers(_ other: PlanHash) -> Bool { content == other.content && hosts == other.hosts }
}

extension PlanHash: CustomStringConvertible {
    /// `1042-9f2c7a51b3e0-04d1c2aa7f31`.
    package var description: String { "\(revision)-\(content)-\(hosts)" }
}

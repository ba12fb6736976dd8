@testable import FleetAgent

/// What a disk holds after a crash, of what was not made durable. File systems keep any part of it, in any order.
enum DiskLoss: Hashable, Sendable {
    /// Everything was kept: the agent alone died, or the disk was quick.
    case nothing
    /// Everything that was not made durable is gone.
    case everything
    /// Names are as they were last made durable; bytes were kept.
    case names
    /// Bytes are as they were last made durable; names were kept.
    case bytes
    /// Names and sizes were kept; bytes that were not made durable are zeros.
    case zeros
    /// Of the last write only so many thousandths were kept.
    case torn(Int)

    /// Every kind that a power cut may show.
    static let all: [DiskLoss] = [.nothing, .everything, .names, .bytes, .zeros] + torn
    /// Those that the death of the agent alone may show.
    static let ofAgent: [DiskLoss] = [.nothing, .torn(500)]
    private static let torn: [DiskLoss] = [.torn(1), .torn(500), .torn(999)]
}

extension DiskImage {
    /// What is found after a power cut; `nil` when it is the same as with nothing lost.
    func afterPowerCut(losing loss: DiskLoss) -> DiskImage? {
        var image = self
        var isDifferent = loss == .nothing
        for (number, node) in nodes {
            let (found, isOther) = node.afterPowerCut(losing: loss, isLast: number == lastWritten)
            image.replace(number, by: found)
            isDifferent = isDifferent || isOther
        }
        return isDifferent ? image : nil
    }

    /// What the next agent finds when only the agent died; `nil` when it is the same as with nothing lost.
    func afterAgentDied(losing loss: DiskLoss) -> DiskImage? {
        guard loss != .nothing else { return self }
        guard let number = lastWritten, let node = nodes[number], case .torn = loss else { return nil }
        let (found, isOther) = node.afterPowerCut(losing: loss, isLast: true)
        guard isOther else { return nil }
        var image = self
        // The page cache lives on: what is torn is not durable either.
        var torn = node
        torn.bytes = found.bytes
        torn.changes.removeLast()
        image.replace(number, by: torn)
        return image
    }
}

extension DiskImage.Node {
    fileprivate func afterPowerCut(losing loss: DiskLoss, isLast: Bool) -> (Self, isOther: Bool) {
        var node = self
        var isOther = false
        let hasNewNames = entries != nil && entries != durableEntries
        switch loss {
        case .nothing: node.bytes = expected
        case .everything, .names, .bytes:
            if loss != .bytes, hasNewNames {
                node.entries = durableEntries
                isOther = true
            }
            if loss != .names, !changes.isEmpty {
                node.bytes = durable
                isOther = true
            } else {
                node.bytes = expected
            }
        case .zeros:
            guard !changes.isEmpty else { break }
            isOther = true
            node.bytes = durable
            for change in changes {
                switch change {
                case .truncate: node.apply(change)
                case .write(let offset, let bytes):
                    node.apply(.write(offset, Array(repeating: 0, count: bytes.count)))
                }
            }
        case .torn(let thousandths):
            guard isLast, case .write(let offset, let bytes)? = changes.last, !bytes.isEmpty else { break }
            isOther = true
            node.bytes = durable
            for change in changes.dropLast() { node.apply(change) }
            let kept = max(1, bytes.count * thousandths / 1000)
            node.apply(.write(offset, Array(bytes.prefix(min(kept, bytes.count - 1)))))
        }
        node.durable = node.bytes
        node.changes = []
        node.durableEntries = node.entries ?? [:]
        return (node, isOther)
    }
}

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
        guard let number = lastWritten, let node = nodes[number], case .torn(let thousandths) = loss,
            let change = node.torn(thousandths)
        else { return nil }
        var image = self
        // The page cache lives on, and holds what was kept of the write: it is there for all, and not durable yet.
        var torn = node
        torn.bytes = node.durable
        torn.changes[torn.changes.count - 1] = change
        for change in torn.changes { torn.apply(change) }
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
            guard isLast, let torn = torn(thousandths) else { break }
            isOther = true
            node.bytes = durable
            for change in changes.dropLast() + [torn] { node.apply(change) }
        }
        node.durable = node.bytes
        node.changes = []
        node.durableEntries = node.entries ?? [:]
        return (node, isOther)
    }

    /// So many thousandths of the last write, never all of it; `nil` where there is no such write.
    fileprivate func torn(_ thousandths: Int) -> DiskImage.Change? {
        guard case .write(let offset, let bytes)? = changes.last, !bytes.isEmpty else { return nil }
        let kept = max(1, bytes.count * thousandths / 1000)
        return .write(offset, Array(bytes.prefix(min(kept, bytes.count - 1))))
    }
}

import Glibc

@testable import FleetAgent

/// What a disk and the page cache above it hold: a value, so that every moment can be kept and gone back to.
struct DiskImage: Sendable {
    /// A change of a file that only the page cache has.
    enum Change: Hashable, Sendable {
        case write(Int, [UInt8])
        case truncate(Int)
    }

    /// A file or a directory.
    struct Node: Sendable {
        /// Its content, as every process sees it.
        var bytes: [UInt8] = []
        /// Its content, as the disk has it.
        var durable: [UInt8] = []
        /// What leads from the disk's to the processes'.
        var changes: [Change] = []
        /// The names in a directory, as processes see them; `nil` for a file.
        var entries: [String: Int]?
        /// The names in a directory, as the disk has them.
        var durableEntries: [String: Int] = [:]
        /// How far space was taken ahead.
        var reserved = 0

        /// Its content once the disk has everything that it can still get.
        var expected: [UInt8] {
            changes.reduce(into: durable) { Self.apply($1, to: &$0) }
        }

        mutating func apply(_ change: Change) { Self.apply(change, to: &bytes) }

        static func apply(_ change: Change, to bytes: inout [UInt8]) {
            switch change {
            case .truncate(let size):
                if size < bytes.count { bytes.removeSubrange(size...) }
                bytes += Array(repeating: 0, count: size - bytes.count)
            case .write(let offset, let new):
                bytes += Array(repeating: 0, count: max(0, offset + new.count - bytes.count))
                bytes.replaceSubrange(offset..<offset + new.count, with: new)
            }
        }
    }

    private(set) var nodes: [Int: Node] = [0: Node(entries: [:])]
    private var next = 1
    /// The file that was written last.
    private(set) var lastWritten: Int?
    /// Whether no space is left but what was taken ahead.
    var isFull = false

    /// The number of a file or directory.
    func find(_ path: String) throws(DiskFault) -> Int {
        var number = 0
        for name in path.split(separator: "/") {
            guard let entries = nodes[number]?.entries else { throw DiskFault(ENOTDIR) }
            guard let next = entries[String(name)] else { throw DiskFault(ENOENT) }
            number = next
        }
        return number
    }

    /// The bytes of a file; `nil` when there is none.
    func bytes(_ path: String) -> [UInt8]? {
        guard let number = try? find(path), let node = nodes[number], node.entries == nil else { return nil }
        return node.bytes
    }

    func node(_ number: Int) throws(DiskFault) -> Node {
        guard let node = nodes[number] else { throw DiskFault(EBADF) }
        return node
    }

    /// Makes a file or directory.
    mutating func make(_ path: String, isDirectory: Bool) throws(DiskFault) -> Int {
        let (parent, name) = try place(path)
        guard nodes[parent]?.entries?[name] == nil else { throw DiskFault(EEXIST) }
        guard !isFull else { throw DiskFault(ENOSPC) }
        nodes[next] = Node(entries: isDirectory ? [:] : nil)
        nodes[parent]?.entries?[name] = next
        next += 1
        return next - 1
    }

    mutating func change(_ number: Int, _ change: Change) throws(DiskFault) {
        guard var node = nodes.removeValue(forKey: number) else { throw DiskFault(EBADF) }
        defer { nodes[number] = node }
        if case .write(let offset, let bytes) = change {
            guard !isFull || offset + bytes.count <= max(node.bytes.count, node.reserved) else {
                throw DiskFault(ENOSPC)
            }
            lastWritten = number
        } else {
            node.reserved = 0
        }
        node.apply(change)
        node.changes.append(change)
    }

    mutating func reserve(_ number: Int, through end: Int) throws(DiskFault) {
        guard !isFull else { throw DiskFault(ENOSPC) }
        nodes[number]?.reserved = end
    }

    mutating func replace(_ number: Int, by node: Node) { nodes[number] = node }

    mutating func sync(_ number: Int) {
        guard var node = nodes.removeValue(forKey: number) else { return }
        node.durable = node.expected
        node.changes = []
        node.durableEntries = node.entries ?? [:]
        nodes[number] = node
    }

    /// The disk could not take a file's bytes. The page cache shows them on, and will not try again.
    mutating func syncFailed(_ number: Int) { nodes[number]?.changes = [] }

    mutating func rename(_ path: String, to other: String) throws(DiskFault) {
        let number = try find(path)
        let (parent, name) = try place(path)
        let (newParent, newName) = try place(other)
        if let old = nodes[newParent]?.entries?[newName], nodes[old]?.entries?.isEmpty == false {
            throw DiskFault(ENOTEMPTY)
        }
        nodes[parent]?.entries?[name] = nil
        nodes[newParent]?.entries?[newName] = number
    }

    mutating func link(_ path: String, as other: String) throws(DiskFault) {
        let number = try find(path)
        let (parent, name) = try place(other)
        guard nodes[parent]?.entries?[name] == nil else { throw DiskFault(EEXIST) }
        nodes[parent]?.entries?[name] = number
    }

    mutating func unlink(_ path: String, isDirectory: Bool) throws(DiskFault) {
        let entries = nodes[try find(path)]?.entries
        guard (entries != nil) == isDirectory else { throw DiskFault(isDirectory ? ENOTDIR : EISDIR) }
        guard entries?.isEmpty != false else { throw DiskFault(ENOTEMPTY) }
        let (parent, name) = try place(path)
        nodes[parent]?.entries?[name] = nil
    }

    private func place(_ path: String) throws(DiskFault) -> (parent: Int, name: String) {
        guard let slash = path.lastIndex(of: "/") else { throw DiskFault(ENOENT) }
        let parent = try find(String(path[..<slash]))
        guard nodes[parent]?.entries != nil else { throw DiskFault(ENOTDIR) }
        return (parent, String(path[path.index(after: slash)...]))
    }
}

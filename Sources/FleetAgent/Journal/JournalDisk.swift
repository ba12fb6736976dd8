import Glibc

/// How a journal's bytes reach the disk; a test hands it one that is full.
package struct JournalDisk: Sendable {
    /// Writes all bytes where the descriptor stands; `false`, and `errno`, when the system refuses.
    package var write: @Sendable (_ bytes: [UInt8], _ file: Int32) -> Bool
    /// Makes written bytes durable; `false`, and `errno`, when the system refuses.
    package var sync: @Sendable (_ file: Int32) -> Bool

    /// How a journal's bytes reach the disk.
    package init(
        write: @escaping @Sendable (_ bytes: [UInt8], _ file: Int32) -> Bool,
        sync: @escaping @Sendable (_ file: Int32) -> Bool
    ) {
        self.write = write
        self.sync = sync
    }

    /// The system's calls.
    package static let system = JournalDisk(
        write: { FileAccess.write($0, to: $1) },
        sync: { fdatasync($0) == 0 }
    )
}

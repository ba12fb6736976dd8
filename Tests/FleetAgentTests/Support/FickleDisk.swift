import Glibc
import Synchronization

@testable import FleetAgent

/// A disk that is full when a test says so: half of what is to be written still fits.
final class FickleDisk: Sendable {
    let isFull = Mutex(false)

    var disk: JournalDisk {
        JournalDisk(
            write: { bytes, file in
                guard self.isFull.withLock({ $0 }) else { return JournalDisk.system.write(bytes, file) }
                _ = JournalDisk.system.write(Array(bytes.prefix(bytes.count / 2)), file)
                errno = ENOSPC
                return false
            },
            sync: JournalDisk.system.sync
        )
    }
}

import Glibc
import Synchronization
import Testing

@testable import FleetAgent

/// What waits for the controller: bounded, in order, and the same after a restart.
@Suite struct TelemetrySpoolTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = "/tmp/muster-spool-\(UInt64.random(in: 0...UInt64.max))"
        defer { FileAccess.remove(directory) }
        try body(directory)
    }

    private func spool(_ directory: String, quota: Int64 = 1 << 20) -> TelemetrySpool {
        TelemetrySpool(directory: directory, disk: SystemDisk(), quota: quota)
    }

    private func drain(_ spool: inout TelemetrySpool) -> [[UInt8]] {
        var all: [[UInt8]] = []
        while !spool.isEmpty {
            let batches = spool.oldest(upTo: 1000)
            guard !batches.isEmpty else { break }
            all += batches
            spool.sent(batches.count)
        }
        return all
    }

    @Test func whatWaitsComesBackInOrderAfterARestart() throws {
        try withDirectory { directory in
            let batches = (0..<200).map { [UInt8](repeating: UInt8($0), count: 100 + $0) }
            var first = spool(directory)
            #expect(first.isEmpty)
            for batch in batches[..<120] { first.append(batch) }
            var second = spool(directory)
            for batch in batches[120...] { second.append(batch) }
            #expect(drain(&second) == batches)
            #expect(second.dropped == 0)
            #expect(spool(directory).isEmpty)
            #expect(FileAccess.names(in: directory).isEmpty)
        }
    }

    @Test func theOldestIsDroppedBeyondTheQuota() throws {
        try withDirectory { directory in
            var spool = spool(directory, quota: 16_000)
            let batches = (0..<100).map { [UInt8](repeating: UInt8($0), count: 488) }
            for batch in batches {
                spool.append(batch)
                #expect(spool.bytes <= 16_000)
            }
            let left = drain(&spool)
            #expect(left == Array(batches.suffix(left.count)))
            // At most one file less than fits.
            #expect(left.count >= 28)
            #expect(spool.dropped == UInt64(100 - left.count))
            spool.append([UInt8](repeating: 1, count: 20_000))
            #expect(spool.isEmpty)
        }
    }

    @Test func whatWasSentInPartIsNotCountedAsDropped() throws {
        try withDirectory { directory in
            var spool = spool(directory, quota: 16_000)
            for index in 0..<30 { spool.append([UInt8](repeating: UInt8(index), count: 488)) }
            #expect(spool.oldest(upTo: 400).count == 1)
            spool.sent(1)
            #expect(spool.oldest(upTo: 400) == [[UInt8](repeating: 1, count: 488)])
            for index in 30..<33 { spool.append([UInt8](repeating: UInt8(index), count: 488)) }
            #expect(spool.dropped == 1)
            #expect(drain(&spool).first == [UInt8](repeating: 2, count: 488))
        }
    }

    @Test(arguments: 1...40)
    func aTornTailIsCutAndNothingElseIsLost(torn: Int) throws {
        try withDirectory { directory in
            var first = spool(directory)
            for index in 0..<3 { first.append([UInt8](repeating: UInt8(index), count: 28)) }
            let path = "\(directory)/1"
            let whole = try #require(try FileAccess.read(path))
            #expect(whole.count == 120)
            truncate(path, off_t(whole.count - torn))
            var second = spool(directory)
            second.append([9])
            let left = drain(&second)
            #expect(left == [[UInt8](repeating: 0, count: 28), [UInt8](repeating: 1, count: 28), [9]])
        }
    }

    @Test func damageCostsItsOwnFileAlone() throws {
        try withDirectory { directory in
            var first = spool(directory, quota: 1600)
            for index in 0..<8 { first.append([UInt8](repeating: UInt8(index), count: 88)) }
            #expect(FileAccess.names(in: directory).count == 8)
            try FileAccess.replace("\(directory)/3", with: [UInt8](repeating: 0x4D, count: 100))
            #expect(drain(&first).map { $0[0] } == [0, 1, 3, 4, 5, 6, 7])
            #expect(first.dropped == 1)
        }
    }

    @Test func aFullDiskDropsWhatIsNewAndSpoilsNothing() throws {
        try withDirectory { directory in
            let disk = FickleDisk()
            var spool = TelemetrySpool(directory: directory, disk: disk, quota: 1 << 20)
            spool.append([1])
            disk.isFull.withLock { $0 = true }
            spool.append([2])
            spool.append([3])
            disk.isFull.withLock { $0 = false }
            spool.append([4])
            #expect(spool.dropped == 2)
            #expect(drain(&spool) == [[1], [4]])
        }
    }
}

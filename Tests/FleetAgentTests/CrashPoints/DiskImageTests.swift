import Testing

@testable import FleetAgent

/// The simulated disk forgets nothing that a real one would keep.
@Suite struct DiskImageTests {
    @Test(arguments: DiskLoss.all) func aTornWriteThatWasContinuedAndSyncedIsWhole(_ loss: DiskLoss) throws {
        var disk = DiskImage()
        let file = try disk.make("/blob", isDirectory: false)
        disk.sync(try disk.find("/"))
        try disk.change(file, .write(0, [1, 2, 3, 4]))
        var found = try #require(disk.afterAgentDied(losing: .torn(500)))
        #expect(found.bytes("/blob") == [1, 2])
        try found.change(file, .write(2, [3, 4]))
        found.sync(file)
        #expect((found.afterPowerCut(losing: loss) ?? found).bytes("/blob") == [1, 2, 3, 4])
    }
}

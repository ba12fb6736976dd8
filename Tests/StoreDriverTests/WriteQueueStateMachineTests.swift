import FleetTestSupport
import Testing

@testable import StoreDriver

@Suite struct WriteQueueStateMachineTests {
    @Test func aLoneWriterIsWrittenAtOnce() {
        var machine = WriteQueueStateMachine<Int>(waitingLimit: 2, batchLimit: 2)
        #expect(machine.submitted(1) == .startWriter)
        guard case .write([1]) = machine.writerFreed() else { return #expect(Bool(false), "1 was not written") }
        guard case .stop = machine.writerFreed() else { return #expect(Bool(false), "the writer did not stop") }
        #expect(machine.submitted(2) == .startWriter)
    }

    @Test func theLimitCountsThoseWhoWaitAndNotThoseBeingWritten() {
        var machine = WriteQueueStateMachine<Int>(waitingLimit: 2, batchLimit: 9)
        #expect(machine.submitted(1) == .startWriter)
        _ = machine.writerFreed()
        #expect(machine.submitted(2) == .wait)
        #expect(machine.submitted(3) == .wait)
        #expect(machine.submitted(4) == .refuseOverloaded)
        #expect(machine.waitingCount == 2)
    }

    @Test func afterClosingWhoWaitsIsStillWritten() {
        var machine = WriteQueueStateMachine<Int>(waitingLimit: 2, batchLimit: 9)
        #expect(machine.submitted(1) == .startWriter)
        machine.closed()
        #expect(machine.submitted(2) == .refuseClosed)
        guard case .write([1]) = machine.writerFreed() else { return #expect(Bool(false), "1 was not written") }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func everyAcceptedRequestIsWrittenOnceAndInOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = WriteQueueStateMachine<Int>(waitingLimit: 8, batchLimit: 3)
        var accepted: [Int] = []
        var written: [Int] = []
        var isWriting = false
        for request in 0..<2_000 {
            if Bool.random(using: &random) {
                switch machine.submitted(request) {
                case .startWriter:
                    #expect(!isWriting, "a second writer was started, seed \(seed)")
                    isWriting = true
                    accepted.append(request)
                case .wait: accepted.append(request)
                case .refuseOverloaded: #expect(machine.waitingCount == 8, "refused too early, seed \(seed)")
                case .refuseClosed: #expect(Bool(false), "refused as closed, seed \(seed)")
                }
            } else if isWriting {
                switch machine.writerFreed() {
                case .write(let batch):
                    #expect((1...3).contains(batch.count), "seed \(seed)")
                    written += batch
                case .stop: isWriting = false
                }
            }
        }
        while isWriting, case .write(let batch) = machine.writerFreed() { written += batch }
        #expect(written == accepted, "seed \(seed)")
    }
}

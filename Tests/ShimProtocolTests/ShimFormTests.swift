import ShimProtocol
import Testing

/// What the agent and the shim write, each must read back; what neither writes, both refuse.
@Suite struct ShimFormTests {
    @Test func aSpecificationReadsBack() throws {
        let written = ShimSpecification(
            directory: "/data/replicas/000001",
            log: "/data/logs/wine.log",
            workingDirectory: "/data/models/x",
            arguments: ["mlserver", "start", "a b\nc=d", ""],
            environment: ["A=1", "TEXT=line\nline=2", "EMPTY="],
            boot: "b-1"
        )
        let bytes = try #require(written.bytes)
        #expect(ShimSpecification(bytes: bytes) == written)
        #expect(ShimSpecification(bytes: Array(bytes.dropLast())) == nil)
        #expect(ShimSpecification(bytes: Array("muster-shim/2\0argument=x\0".utf8)) == nil)
        #expect(ShimSpecification(bytes: bytes + Array("future=1\0".utf8)) == nil)
    }

    @Test func aSpecificationWithANulHasNoBytes() {
        let specification = ShimSpecification(
            directory: "/d",
            log: "/l",
            workingDirectory: "/w",
            arguments: ["a\0b"],
            environment: [],
            boot: "b"
        )
        #expect(specification.bytes == nil)
    }

    @Test func aHandleReadsBackAndATornOneDoesNot() {
        let handle = ShimHandle(
            shim: ProcessIdentity(pid: 10, startTime: 99),
            child: ProcessIdentity(pid: 11, startTime: 100),
            boot: "boot id with spaces",
            startedAt: 1_700_000_000_000
        )
        #expect(ShimHandle(text: handle.text) == handle)
        for length in 0..<handle.text.count {
            #expect(ShimHandle(text: String(handle.text.prefix(length))) == nil)
        }
    }

    @Test(arguments: [ShimRequest.status, .watch, .stop(signal: 15, grace: 30_000)])
    func aRequestReadsBack(request: ShimRequest) {
        #expect(ShimRequest(line: request.line.dropLast()) == request)
    }

    @Test(arguments: ["", "1", "2 status", "1 stop", "1 stop 0 1", "1 stop 15 -1", "1 status now", "1 dance"])
    func aWrongRequestIsRefused(line: String) {
        #expect(ShimRequest(line: line) == nil)
    }

    @Test(arguments: [
        ShimReply.running(ProcessIdentity(pid: 5, startTime: 7)),
        .stopping(ProcessIdentity(pid: 5, startTime: 7)),
        .exited(ShimExitRecord(exit: .code(3), at: 12)),
        .exited(ShimExitRecord(exit: .signal(9), at: 12)),
        .refused("no such request"),
    ])
    func aReplyReadsBack(reply: ShimReply) {
        #expect(ShimReply(line: reply.line.dropLast()) == reply)
    }

    @Test func aStatLineIsReadPastAHostileName() {
        let tail = "1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0"
        #expect(ProcessIdentity(stat: "77 (a) b (c) S \(tail)") == ProcessIdentity(pid: 77, startTime: 4242))
        #expect(ProcessIdentity(stat: "77 (gone) Z \(tail)") == nil)
        #expect(ProcessIdentity(stat: "77 (short) S 1 2") == nil)
    }

    @Test(
        arguments: zip(
            [0x0000, 0x0300, 0x0009, 0x008B] as [Int32],
            [.code(0), .code(3), .signal(9), .signal(11)] as [ShimExit]
        )
    )
    func aWaitStatusIsRead(status: Int32, exit: ShimExit) {
        #expect(ShimExit(waitStatus: status) == exit)
    }
}

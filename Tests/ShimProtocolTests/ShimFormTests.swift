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
            boot: "b-1",
            user: ShimUser(id: 1000, group: 100, groups: [4, 24]),
            groups: ["/sys/fs/cgroup/pids/muster/x", "/sys/fs/cgroup/memory/muster/x"],
            openFiles: 4096,
            fileSize: 1 << 20,
            logLimit: 16 << 20
        )
        let bytes = try #require(written.bytes)
        #expect(ShimSpecification(bytes: bytes) == written)
        #expect(ShimSpecification(bytes: Array(bytes.dropLast())) == nil)
        #expect(ShimSpecification(bytes: Array("muster-shim/2\0argument=x\0".utf8)) == nil)
        // What is left out might be a limit: only what says that it may be left out is.
        #expect(ShimSpecification(bytes: bytes + Array("future=1\0".utf8)) == nil)
        #expect(ShimSpecification(bytes: bytes + Array("?future=1\0".utf8)) == written)
        for wrong in ["user=root", "user=0", "user=1 4294967295", "openFiles=many", "fileSize=-1"] {
            #expect(ShimSpecification(bytes: bytes + Array("\(wrong)\0".utf8)) == nil)
        }
    }

    /// What issue 2's agent and shim wrote, byte for byte: an upgrade finds these on its hosts.
    @Test func whatTheFirstVersionWroteIsRead() {
        let specification =
            "muster-shim/1\0directory=/d\0log=/l\0workingDirectory=/d\0boot=b/7\0argument=x\0environment=A=1\0"
        #expect(
            ShimSpecification(bytes: Array(specification.utf8))
                == ShimSpecification(
                    directory: "/d",
                    log: "/l",
                    workingDirectory: "/d",
                    arguments: ["x"],
                    environment: ["A=1"],
                    boot: "b/7"
                )
        )
        let handle = ShimHandle(
            shim: ProcessIdentity(pid: 10, startTime: 99),
            child: ProcessIdentity(pid: 11, startTime: 100),
            boot: "8d2c1b6e-0c5e-4a51-9d3c-2f6c7d1e9a10/12",
            startedAt: 1_700_000_000_000
        )
        let text =
            "muster-shim/1\nshim 10 99\nchild 11 100\nstarted 1700000000000\n"
            + "boot 8d2c1b6e-0c5e-4a51-9d3c-2f6c7d1e9a10/12\n"
        #expect(ShimHandle(text: text) == handle)
        // And issue 2's agent, which wants these five lines and no other, reads what is written now.
        #expect(handle.text == text)
        let record = ShimExitRecord(exit: .signal(9), at: 12)
        #expect(ShimExitRecord(text: "muster-shim/1\nexited signal 9\nat 12\n") == record)
        #expect(record.text == "muster-shim/1\nexited signal 9\nat 12\n")
    }

    /// What a newer one adds is left out.
    @Test func whatANewerVersionAddsIsLeftOut() {
        let handle = ShimHandle(
            shim: ProcessIdentity(pid: 10, startTime: 99),
            child: ProcessIdentity(pid: 11, startTime: 100),
            boot: "b",
            startedAt: 5
        )
        #expect(ShimHandle(text: handle.text + "mood good\n") == handle)
        let record = ShimExitRecord(exit: .code(3), at: 12)
        #expect(ShimExitRecord(text: record.text + "memory 5\n") == record)
        #expect(ShimReply(line: "1 exited 12 code 3 memory=5") == .exited(record))
        #expect(ShimReply(line: "1 running 5 7 since=9") == .running(ProcessIdentity(pid: 5, startTime: 7)))
        #expect(ShimRequest(line: "1 watch memory=yes") == .watch)
        #expect(ShimRequest(line: "1 stop 15 10 reason=update") == .stop(signal: 15, grace: 10))
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

import Fleet
import ShimProtocol
import Testing

@testable import FleetAgent

/// What systemd is told and what it says, without one: the units themselves are tried by `Deploy/scripts/check systemd`.
@Suite struct SystemdUnitTests {
    private func properties(
        _ user: UnitProperties.User,
        _ sandbox: RuntimeProfile.SystemdSettings.Sandbox = .strict,
        _ resources: ReplicaResources? = nil,
        runtime: (directory: String, inside: String)? = nil
    ) -> [String] {
        UnitProperties(
            user: user,
            sandbox: sandbox,
            resources: resources,
            stop: RuntimeProfile.Stop(drain: .seconds(0), signal: "INT", grace: Span(milliseconds: 1500)),
            place: "muster-a-1",
            model: "/var/lib/muster-agent/models/abc",
            runtime: runtime,
            specification: "/var/lib/muster-agent/replicas/a-1/spec",
            log: "/var/lib/muster-agent/logs/wine.log"
        ).texts
    }

    @Test func aUnitSaysAllThatARuntimeSays() {
        let dynamic = properties(.dynamic(group: 990))
        #expect(dynamic.contains("DynamicUser=yes") && dynamic.contains("SupplementaryGroups=990"))
        #expect(dynamic.contains("KillSignal=SIGINT") && dynamic.contains("TimeoutStopSec=2s"))
        #expect(dynamic.contains("BindReadOnlyPaths=/var/lib/muster-agent/models/abc:/run/muster-models/abc"))
        #expect(dynamic.contains("ProtectSystem=strict") && dynamic.contains("RemainAfterExit=yes"))
        #expect(!dynamic.contains { $0.hasPrefix("MemoryMax") || $0.hasPrefix("User=") })
        let named = properties(
            .named("models"),
            .off,
            ReplicaResources(
                memory: ByteQuantity(bytes: 64 << 20),
                cpu: ProcessorQuantity(millis: 1255),
                processes: 32,
                openFiles: 128
            )
        )
        #expect(
            named.contains("User=models") && !named.contains { $0.hasPrefix("DynamicUser") || $0.hasPrefix("Protect") }
        )
        #expect(named.contains("NoNewPrivileges=yes"), "nobody gains privileges, whatever the sandbox")
        let limits = named.suffix(4)
        #expect(Array(limits) == ["MemoryMax=67108864", "CPUQuota=125.5%", "TasksMax=32", "LimitNOFILE=128"])
    }

    @Test func whatARuntimeBringsIsSeenWhereItWasMadeAndNothingBesideIt() {
        let data = "/var/lib/muster-agent"
        let place = "\(data)/runtimes/abc.0/env"
        let brought = properties(.dynamic(group: 990), .off, runtime: (place, inside: data))
        #expect(brought.contains("TemporaryFileSystem=\(data):ro"))
        #expect(brought.contains("BindReadOnlyPaths=\(place):\(place)"))
        #expect(!properties(.dynamic(group: 990)).contains { $0.hasPrefix("TemporaryFileSystem") })
    }

    @Test(arguments: [
        ("ExecMainCode=1\nExecMainStatus=3\nResult=exit-code", "the process ended with exit code 3"),
        ("ExecMainCode=1\nExecMainStatus=0\nResult=success", "the process ended with exit code 0"),
        ("ExecMainCode=2\nExecMainStatus=9\nResult=signal", "the process was ended by signal 9"),
        (
            "ExecMainCode=2\nExecMainStatus=9\nResult=oom-kill",
            "the process was ended by signal 9: out of memory: the kernel killed it (systemd: oom-kill)"
        ),
        (
            "ExecMainCode=1\nExecMainStatus=226\nResult=exit-code",
            "systemd could not set up its sandbox's namespaces (226)"
        ),
        ("ExecMainCode=0\nExecMainStatus=0\nMainPID=7", nil),
    ])
    func howAUnitEndedIsSaid(text: String, ending: String?) {
        #expect(UnitState(text: "LoadState=loaded\n\(text)\n").ending == ending)
        #expect(UnitState(text: "LoadState=not-found\n\(text)\n").ending == nil, "it is forgotten")
    }

    @Test func aStateTellsWhatRuns() {
        let running = UnitState(text: "LoadState=loaded\nActiveState=active\nMainPID=42\nInvocationID=0a1b\n")
        #expect(running.mainPID == 42 && running.invocation == "0a1b")
        #expect(UnitState(text: "LoadState=loaded\nActiveState=active\nMainPID=0\n").mainPID == nil)
    }

    @Test func whatIsAcceptedAndDoesNothingIsFound() {
        let good = SandboxProof(said: "closed\nmemory.max 67108864\npids.max 64\ncpu.max 50000\n")
        #expect(good.sandbox == nil && good.missing.isEmpty)
        let old = SandboxProof(said: "closed\nmemory.limit_in_bytes 67108864\npids.max 64\ncpu.cfs_quota_us 50000\n")
        #expect(old.missing.isEmpty)
        let nothing = SandboxProof(said: "open\nmemory.max max\n")
        #expect(nothing.sandbox != nil)
        #expect(Set(nothing.missing.keys) == [.memoryLimit, .processLimit, .processorLimit])
    }

    @Test func aHandleReadsBackAndATornOneDoesNot() {
        let handle = UnitHandle(
            unit: "muster-a-1.service",
            invocation: "0a1b",
            child: ProcessIdentity(pid: 42, startTime: 99),
            boot: "b/1",
            startedAt: 5
        )
        #expect(UnitHandle(text: handle.text) == handle)
        #expect(UnitHandle(text: handle.text + "later thing\n") == handle)
        for length in 0..<handle.text.count {
            #expect(UnitHandle(text: String(handle.text.prefix(length))) == nil, "torn at \(length)")
        }
        #expect(UnitHandle(text: handle.text.replacing("muster-unit/1", with: "muster-unit/2")) == nil)
    }
}

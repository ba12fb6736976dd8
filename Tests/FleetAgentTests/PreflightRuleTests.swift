import Fleet
import Testing

@testable import FleetAgent

@Suite struct PreflightRuleTests {
    private static let gibibyte: Int64 = 1 << 30

    private static func content(_ resources: ReplicaResources?) -> RevisionContent {
        RevisionContent(
            model: .init(name: "wine", version: "1.0.0", format: "sklearn", bundle: Digest(of: "bundle".utf8)),
            runtime: RuntimeProfile(name: "r", command: ["x"], ports: ["http"], ready: .init(port: "http", path: "/r")),
            environment: [:],
            resources: resources,
            probe: nil
        )
    }

    private static func problems(
        _ resources: ReplicaResources?,
        _ capabilities: HostCapabilities,
        others: ReplicaResources? = nil,
        own: ReplicaResources? = nil,
        unending: ReplicaResources? = nil,
        content: RevisionContent? = nil
    ) -> [String] {
        var standing = HostReservations.Standing()
        standing.others = HostReservations.Amount(others)
        standing.count = others == nil ? 0 : 2
        standing.own = HostReservations.Amount(own)
        standing.unending = HostReservations.Amount(unending)
        return PreflightRule(host: "lyon-1", capabilities: capabilities)
            .problems(with: content ?? Self.content(resources), standing: standing)
    }

    @Test func whatDoesNotEndLeavesNoRoomForWhatComesAfterIt() {
        let host = HostCapabilities(memory: 4 * Self.gibibyte)
        #expect(Self.problems(Self.memory("3Gi"), host, own: Self.memory("1Gi")) == [])
        let held = Self.problems(Self.memory("3Gi"), host, own: Self.memory("1Gi"), unending: Self.memory("1Gi"))
        #expect(held.first?.contains("beside the 1 GiB of one that was stopped and does not end") == true, "\(held)")
        #expect(Self.problems(Self.memory("2Gi"), host, own: Self.memory("1Gi"), unending: Self.memory("1Gi")) == [])
    }

    private static func memory(_ text: String) -> ReplicaResources { ReplicaResources(memory: ByteQuantity(text)) }

    @Test(arguments: [
        // 4 GiB, of which 256 MiB are the system's.
        ("3840Mi", nil, true), ("3841Mi", nil, false), ("2Gi", "1792Mi", true), ("2Gi", "1793Mi", false),
        ("4Mi", "4Gi", false),
    ])
    func memoryIsWhatTheHostHasLessWhatIsReserved(needed: String, reserved: String?, fits: Bool) {
        let host = HostCapabilities(memory: 4 * Self.gibibyte)
        let found = Self.problems(Self.memory(needed), host, others: reserved.map(Self.memory))
        #expect(found.isEmpty == fits, "\(found)")
    }

    @Test func theReasonHasTheNumbersAndWhatToDo() {
        let host = HostCapabilities(memory: 4 * Self.gibibyte)
        #expect(
            Self.problems(Self.memory("3Gi"), host, others: Self.memory("1Gi")) == [
                "not enough memory on lyon-1: the replica needs 3 GiB, and 2.7 GiB of 4 GiB are left (1 GiB are reserved by "
                    + "2 other deployments, 256 MiB are the system's); remove a deployment from this host, lower "
                    + "resources.memory, or choose another host"
            ]
        )
    }

    /// The old one goes first with `recreate`, and needs no room beside the new one.
    @Test func whatIsReplacedFirstNeedsNoRoom() {
        let host = HostCapabilities(memory: 4 * Self.gibibyte)
        #expect(Self.problems(Self.memory("3Gi"), host, own: Self.memory("3Gi")) == [])
    }

    @Test(arguments: [("1Gi", "2Gi", true), ("2Gi", "2Gi", false)])
    func sideBySideNeedsRoomForTwo(needed: String, old: String, fits: Bool) {
        let host = HostCapabilities(memory: 4 * Self.gibibyte)
        var content = Self.content(Self.memory(needed))
        content.runtime.update = .sideBySide
        let found = Self.problems(nil, host, own: Self.memory(old), content: content)
        #expect(found.isEmpty == fits, "\(found)")
        guard !fits else { return }
        #expect(
            found == [
                "not enough memory on lyon-1 for two: with update sideBySide the new replica (2 GiB) starts beside the old "
                    + "one (2 GiB), which is 4 GiB together, and 3.7 GiB of 4 GiB are left (0 bytes are reserved by 0 other "
                    + "deployments, 256 MiB are the system's); use update recreate, remove a deployment from this host, or "
                    + "lower resources.memory"
            ]
        )
    }

    @Test func whatIsNotLimitedIsNotAskedFor() {
        let host = HostCapabilities(missing: [.memoryLimit: "no", .otherUser: "no"], memory: 0)
        #expect(Self.problems(nil, host) == [])
    }

    @Test func whatCannotBeEnforcedIsRefusedAllAtOnce() {
        let reason = "cannot create /sys/fs/cgroup/memory/x: Permission denied"
        let host = HostCapabilities(
            missing: [.memoryLimit: reason, .processorLimit: reason, .processLimit: reason],
            memory: 4 * Self.gibibyte,
            openFiles: 1024
        )
        var resources = Self.memory("1Gi")
        resources.cpu = ProcessorQuantity("1")
        resources.processes = 10
        resources.openFiles = 1025
        resources.accelerators = 1
        let found = Self.problems(resources, host)
        #expect(found.count == 5)
        for (problem, word) in zip(found, ["memory", "cpu", "processes", "accelerators", "openFiles"]) {
            #expect(problem.contains(word), "\(problem)")
            #expect(problem.contains("lyon-1"), "\(problem)")
        }
        #expect(found[0].contains("Permission denied"))
        #expect(found[4].contains("hard limit is 1024"))
    }

    @Test(arguments: [(1, nil, true), (2, nil, true), (3, nil, false), (1, 1, true), (2, 1, false)])
    func acceleratorsAreCounted(needed: Int, reserved: Int?, fits: Bool) {
        let host = HostCapabilities(memory: 4 * Self.gibibyte, accelerators: 2)
        let others = reserved.map { ReplicaResources(accelerators: Int64($0)) }
        let found = Self.problems(ReplicaResources(accelerators: Int64(needed)), host, others: others)
        #expect(found.isEmpty == fits, "\(found)")
    }

    /// No accelerator is here: their device files are looked for in a directory that the test fills.
    @Test func acceleratorsAreDeviceFiles() throws {
        let fixture = try AgentFixture()
        let directory = fixture.files.directory
        defer { FileAccess.remove(directory) }
        try FileAccess.makeDirectory(directory)
        for name in ["nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm", "nvidia", "null"] {
            try FileAccess.replace("\(directory)/\(name)", with: [])
        }
        #expect(HostCapabilities.accelerators(in: directory) == 3)
        #expect(HostCapabilities.accelerators(in: "\(directory)/absent") == 0)
    }

    @Test func aDeploymentKeepsItsPlaceWhileNothingOfItRuns() {
        let book = HostReservations()
        let two = Self.memory("2Gi")
        #expect(book.take(two, deployment: "a", start: "a-1") { _ in [] } == [])
        #expect(book.standing(of: "a").own.memory == 2 * Self.gibibyte)
        #expect(book.standing(of: "a", besides: "a-1").own.memory == 0)
        #expect(book.standing(of: "b").others.memory == 2 * Self.gibibyte)
        book.release(start: "a-1")
        #expect(book.standing(of: "b").others.memory == 2 * Self.gibibyte)
        // Two at a time, while one takes over from the other.
        book.hold(two, deployment: "a", start: "a-2")
        book.hold(Self.memory("1Gi"), deployment: "a", start: "a-3")
        #expect(book.standing(of: "b").others.memory == 3 * Self.gibibyte)
        // What is smaller now keeps its way back.
        book.release(start: "a-2")
        #expect(book.standing(of: "b").others.memory == 2 * Self.gibibyte)
        book.hold(Self.memory("1Gi"), deployment: "a", start: "a-4")
        book.release(start: "a-4")
        #expect(book.standing(of: "b").others.memory == 2 * Self.gibibyte)
        book.hold(Self.memory("512Mi"), deployment: "a", start: "a-5")
        book.release(start: "a-5")
        #expect(book.standing(of: "b").others.memory == Self.gibibyte)
        #expect(book.take(two, deployment: "b", start: "b-1") { _ in ["no"] } == ["no"])
        #expect(book.standing(of: "a").count == 0)
        #expect(book.standing(of: "a").unending == HostReservations.Amount())
        book.note(unending: "a-3")
        #expect(book.standing(of: "a").unending == book.standing(of: "a").own)
        book.release(start: "a-3")
        book.forget(deployment: "a")
        #expect(book.standing(of: "b") == HostReservations.Standing())
    }
}

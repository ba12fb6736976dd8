import Fleet
import Foundation
import Testing

@testable import FleetAgent

@Suite struct ControlGroupsTests {
    static let limits = ReplicaResources(
        memory: ByteQuantity("64Mi"),
        cpu: ProcessorQuantity("1.5"),
        processes: 200
    )

    /// Version 2 is not mounted with these controllers here: its files are written into a plain directory instead, which
    /// proves what is written and nothing about what a kernel makes of it.
    private func withTree(_ body: (_ root: String, _ mounts: String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.path + "/muster-groups-\(UInt64.random(in: 0...9_999_999))"
        defer { FileAccess.remove(root) }
        try FileAccess.makeDirectory(root)
        try Data("cpuset cpu io memory pids\n".utf8).write(to: URL(filePath: "\(root)/cgroup.controllers"))
        try Data("memory\n".utf8).write(to: URL(filePath: "\(root)/cgroup.subtree_control"))
        try body(root, "41 31 0:38 / \(root) rw,relatime shared:1 - cgroup2 cgroup2 rw\n")
    }

    private func text(_ path: String) throws -> String? { try FileAccess.readText(path) }

    @Test func versionTwoIsWrittenAsItsFilesAsk() throws {
        try withTree { root, mounts in
            let groups = ControlGroups(mounts: mounts, name: "muster-1")
            #expect(groups.missing == [:])
            #expect(groups.hierarchies.map(\.base) == ["\(root)/muster-1"])
            // What is handed on already is not written again.
            #expect(try text("\(root)/cgroup.subtree_control") == "+pids")
            #expect(try text("\(root)/muster-1/cgroup.subtree_control") == "+pids")
            #expect(try groups.create("a-1", limits: Self.limits) == ["\(root)/muster-1/a-1"])
            let group = "\(root)/muster-1/a-1"
            #expect(try text("\(group)/memory.max") == "67108864")
            #expect(try text("\(group)/memory.swap.max") == "0")
            #expect(try text("\(group)/memory.oom.group") == "1")
            #expect(try text("\(group)/cpu.max") == "150000 100000")
            #expect(try text("\(group)/pids.max") == "200")
            #expect(groups.memoryKills(in: "a-1") == 0)
            let events = "low 0\nhigh 0\nmax 12\noom 2\noom_kill 3\noom_group_kill 0\n"
            try Data(events.utf8).write(to: URL(filePath: "\(group)/memory.events"))
            try Data("max 4\n".utf8).write(to: URL(filePath: "\(group)/pids.events"))
            try Data("12\n7\n0\n".utf8).write(to: URL(filePath: "\(group)/cgroup.procs"))
            #expect(groups.memoryKills(in: "a-1") == 3)
            #expect(groups.processRefusals(in: "a-1") == 4)
            #expect(groups.processes(of: "a-1") == [12, 7])
            #expect(groups.names == ["a-1"])
        }
    }

    @Test(arguments: [("max\n", nil), ("2147483648\n", 2_147_483_648), ("9223372036854771712\n", nil), ("", nil)])
    func aContainersOwnLimitIsAllTheMemoryThereIs(text: String, expected: Int64?) throws {
        try withTree { root, mounts in
            try Data(text.utf8).write(to: URL(filePath: "\(root)/memory.max"))
            #expect(ControlGroups(mounts: mounts, name: "m").memoryLimit == expected)
            #expect(ControlGroups(mounts: mounts, name: "m", isLook: true).memoryLimit == expected)
        }
    }

    /// `muster-agent check` changes nothing.
    @Test func aLookLeavesNothingBehind() throws {
        try withTree { root, mounts in
            #expect(ControlGroups(mounts: mounts, name: "m", isLook: true).missing == [:])
            #expect(FileAccess.names(in: root) == ["cgroup.controllers", "cgroup.subtree_control"])
            let enabled = try self.text("\(root)/cgroup.subtree_control")
            #expect(enabled == "memory\n")
        }
    }

    @Test func whatIsNotAskedForIsNotWritten() throws {
        try withTree { root, mounts in
            let groups = ControlGroups(mounts: mounts, name: "m")
            _ = try groups.create("a-1", limits: nil)
            #expect(FileAccess.names(in: "\(root)/m/a-1") == [])
        }
    }

    @Test func whatCannotBeUsedIsSaid() throws {
        let none = ControlGroups(mounts: "", name: "m")
        #expect(none.hierarchies == [])
        #expect(Set(none.missing.keys) == Set(ControlGroups.Controller.allCases))
        try withTree { root, _ in
            let mounts = """
                31 23 0:28 / \(root)/absent rw - cgroup cgroup rw,memory
                32 23 0:28 / \(root) rw - cgroup cgroup rw,cpu,cpuacct
                """
            let groups = ControlGroups(mounts: mounts, name: "m")
            #expect(groups.hierarchies.map(\.controllers) == [[.cpu]])
            #expect(groups.missing[.memory]?.contains("cannot create") == true)
            #expect(groups.missing[.pids]?.contains("not mounted") == true)
        }
    }

    /// The kernel's own, version 1 on the machines that build this.
    @Test(.enabled(if: AgentFixture.hasGroups, AgentFixture.noGroups)) func theKernelTakesTheLimits() throws {
        let groups = ControlGroups(name: "muster-test-\(UInt64.random(in: 0...9_999_999))")
        let name = "x-1"
        defer {
            groups.remove(name)
            groups.leave()
        }
        let directories = try groups.create(name, limits: Self.limits)
        #expect(directories.count == groups.hierarchies.count)
        for (directory, hierarchy) in zip(directories, groups.hierarchies) where !hierarchy.isUnified {
            if hierarchy.controllers.contains(.memory) {
                #expect(try text("\(directory)/memory.limit_in_bytes") == "67108864\n")
            }
            if hierarchy.controllers.contains(.cpu) { #expect(try text("\(directory)/cpu.cfs_quota_us") == "150000\n") }
            if hierarchy.controllers.contains(.pids) { #expect(try text("\(directory)/pids.max") == "200\n") }
        }
        #expect(groups.names.contains(name))
        groups.remove(name)
        #expect(!groups.names.contains(name))
    }
}

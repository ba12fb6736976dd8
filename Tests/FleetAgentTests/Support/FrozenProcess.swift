import Foundation
import Glibc

@testable import FleetAgent

/// A process that does not end when it is killed, until it is thawed.
struct FrozenProcess: Sendable {
    private static let hierarchy = "/sys/fs/cgroup/freezer"
    static let isPossible = access("\(hierarchy)/cgroup.procs", W_OK) == 0

    private let group: String

    init(_ pid: Int32) throws {
        group = "\(Self.hierarchy)/muster-frozen-\(pid)"
        mkdir(group, 0o755)
        try Self.write("\(pid)", to: "\(group)/cgroup.procs")
        try Self.write("FROZEN", to: "\(group)/freezer.state")
        while try FileAccess.readText("\(group)/freezer.state") != "FROZEN\n" {}
    }

    /// It goes on, or ends; again does nothing.
    func thaw() {
        try? Self.write("THAWED", to: "\(group)/freezer.state")
        let members = (try? FileAccess.readText("\(group)/cgroup.procs")) ?? ""
        for pid in members.split(separator: "\n") { try? Self.write("\(pid)", to: "\(Self.hierarchy)/cgroup.procs") }
        rmdir(group)
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }
}

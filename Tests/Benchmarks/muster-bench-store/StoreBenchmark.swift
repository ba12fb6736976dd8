import Foundation

/// Acknowledged desired-state writes: one measurement, one JSON object on standard output.
///
/// `muster-bench-store KIND --directory DIRECTORY --seconds SECONDS`, where KIND is
/// * `grouped`: 64 concurrent writers through the store;
/// * `single`: the peer, one writer that does the same transactions straight into SQLite with the same settings;
/// * `alone`: one writer through the store;
/// * `plans`: the least plans into a store in memory, one after the other;
/// * `images`: such a store copied and restored;
/// * `pictures`: the items and targets of all its hosts read;
/// * `counts`: its targets counted. Four with `--hosts N`;
/// * `fleet`: no measurement: N hosts that serve its deployment, put into the store `--directory DIRECTORY/fleet.sqlite` of a
///   controller that is down;
/// * `rollbacks`: the same with twenty deployments and a serving history.
///
/// Rounds, medians and the bar are `bench.py`'s.
@main
enum StoreBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        func option(_ name: String) -> String? {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
            return arguments[index + 1]
        }
        let place = option("--directory") ?? FileManager.default.currentDirectoryPath
        let hosts = option("--hosts").flatMap { Int($0) } ?? 1_000
        if arguments.dropFirst().first == "rollbacks" {
            return try await RollbackSeed(path: "\(place)/fleet.sqlite", hosts: hosts).plant()
        }
        if arguments.dropFirst().first == "fleet" {
            return try await FleetSeed(path: "\(place)/fleet.sqlite", hosts: hosts).plant()
        }
        let seconds = option("--seconds").flatMap { Double($0) } ?? 3
        let directory = "\(place)/muster-bench-store-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = "\(directory)/store.db"
        switch arguments.dropFirst().first {
        case "grouped":
            try await StoreWriters(path: path).run(64, seconds: seconds).print("grouped", writers: 64)
        case "alone":
            try await StoreWriters(path: path).run(1, seconds: seconds).print("alone", writers: 1)
        case "single":
            try await StoreWriters.prepare(path)
            try DirectWriter(path: path).run(seconds: seconds).print("single", writers: 1)
        case "plans", "images", "pictures", "counts":
            try inMemory(arguments[1], hosts: hosts, seconds: seconds).print(arguments[1], writers: 1)
        default:
            let usage =
                "usage: muster-bench-store grouped|single|alone|plans|images|pictures|counts|fleet|rollbacks "
                + "[--directory DIR] [--seconds N] [--hosts N]\n"
            FileHandle.standardError.write(Data(usage.utf8))
            exit(2)
        }
    }

    private static func inMemory(_ kind: String, hosts: Int, seconds: Double) throws -> Measurement {
        var writes = try PlanWrites(hosts: hosts)
        return switch kind {
        case "images": try writes.images(seconds: seconds)
        case "pictures": try writes.pictures(seconds: seconds)
        case "counts": try writes.counts(seconds: seconds)
        default: try writes.run(seconds: seconds)
        }
    }
}

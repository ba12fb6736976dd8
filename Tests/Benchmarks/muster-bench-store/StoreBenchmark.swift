import Foundation

/// Acknowledged desired-state writes: one measurement, one JSON object on standard output.
///
/// `muster-bench-store KIND --directory DIRECTORY --seconds SECONDS`, where KIND is
/// * `grouped`: 64 concurrent writers through the store;
/// * `single`: the peer, one writer that does the same transactions straight into SQLite with the same settings;
/// * `alone`: one writer through the store;
/// * `plans`: the least plans into a store in memory, one after the other;
/// * `images`: such a store copied and restored, with 1,000 hosts in it.
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
        case "plans":
            var writes = try PlanWrites()
            try writes.run(seconds: seconds).print("plans", writers: 1)
        case "images":
            try PlanWrites().images(seconds: seconds).print("images", writers: 1)
        default:
            FileHandle.standardError.write(
                Data(
                    "usage: muster-bench-store grouped|single|alone|plans|images [--directory DIR] [--seconds N]\n".utf8
                )
            )
            exit(2)
        }
    }
}

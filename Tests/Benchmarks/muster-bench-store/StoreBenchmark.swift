import Foundation

/// Acknowledged desired-state writes: 64 concurrent writers through the store, beside one writer that does the same
/// transactions straight into SQLite with the same settings, on the same disk, in the same run.
///
/// `muster-bench-store [DIRECTORY [SECONDS]]`: prints one JSON line a measurement, then one with the ratio of the
/// medians (bar: at least 1.0). Rounds alternate, so that both see the same disk.
@main
enum StoreBenchmark {
    static let rounds = 3

    static func main() async throws {
        let arguments = CommandLine.arguments
        let place = arguments.count > 1 ? arguments[1] : FileManager.default.currentDirectoryPath
        let seconds = arguments.count > 2 ? Double(arguments[2]) ?? 3 : 3
        let directory = "\(place)/muster-bench-store-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var direct: [Double] = []
        var grouped: [Double] = []
        var single: [Double] = []
        for round in 0..<rounds {
            let path = "\(directory)/direct-\(round).db"
            try await StoreWriters.prepare(path)
            let peer = try DirectWriter(path: path).run(seconds: seconds)
            peer.print("sqlite-direct", writers: 1)
            direct.append(peer.perSecond)
            let alone = try await StoreWriters(path: "\(directory)/single-\(round).db").run(1, seconds: seconds)
            alone.print("store", writers: 1)
            single.append(alone.perSecond)
            let ours = try await StoreWriters(path: "\(directory)/store-\(round).db").run(64, seconds: seconds)
            ours.print("store", writers: 64)
            grouped.append(ours.perSecond)
        }
        let ratio = median(grouped) / median(direct)
        let alone = median(single) / median(direct)
        print(
            "{\"bench\":\"store\",\"what\":\"ratio\",\"grouped_to_direct\":\(rounded(ratio)),"
                + "\"single_to_direct\":\(rounded(alone)),\"bar\":1.0,\"kept\":\(ratio >= 1)}"
        )
        if ratio < 1 { exit(1) }
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    static func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
}

import Fleet
import Foundation
import Testing

@testable import FleetAgent

/// Real wheels, made by `Tests/EndToEnd/peers/wheels.py` with the machine's own Python.
struct WheelFactory {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../EndToEnd/peers/wheels.py").standardized.path

    let directory: String

    /// An empty set.
    init(in parent: String, named name: String = "wheels") throws {
        directory = "\(parent)-\(name)"
        FileAccess.remove(directory)
        try FileAccess.makeDirectory(directory)
    }

    /// Adds a wheel with one module, and a console script of this name if it has one.
    func add(_ name: String, _ version: String, source: String, script: String = "", requires: [String] = []) throws {
        try run([name, version, script, source] + requires)
    }

    /// Adds pip's own.
    func addPip() throws { try run(["pip"]) }

    /// Locks what there is.
    func lock() throws { try run(["lock"]) }

    /// The bundle, given to a source.
    func bundle(_ source: MemorySource) throws -> Digest {
        var files: [String: [UInt8]] = [:]
        for name in FileAccess.names(in: directory) { files[name] = try FileAccess.read("\(directory)/\(name)") }
        return try source.add(files: files)
    }

    private func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", Self.script, directory] + words
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}

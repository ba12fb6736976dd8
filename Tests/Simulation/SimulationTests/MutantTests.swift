import Foundation
import Testing

/// The mutants of `Deploy/scripts/simulate --mutants` can be made: what each of them breaks is there, exactly once.
@Suite struct MutantTests {
    private struct Mutant: Decodable {
        var name: String
        var file: String
        var old: String
        var new: String
    }

    private static let root: URL = {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root
    }()

    private static func mutants() throws -> [Mutant] {
        let list = root.appending(path: "Tests/Simulation/mutants.json")
        return try JSONDecoder().decode([Mutant].self, from: Data(contentsOf: list))
    }

    @Test func theListIsTrue() throws {
        let mutants = try Self.mutants()
        #expect(mutants.count >= 40)
        #expect(Set(mutants.map(\.name)).count == mutants.count)
        for mutant in mutants {
            let text = try String(contentsOf: Self.root.appending(path: mutant.file), encoding: .utf8)
            #expect(text.components(separatedBy: mutant.old).count == 2, "\(mutant.name): \(mutant.file)")
            #expect(mutant.old != mutant.new)
        }
    }

    #if DEBUG
        /// One rule of each pure room is broken, and the histories that come first notice it; the other mutants are for
        /// `Deploy/scripts/check --long`.
        @Test func someAreCaught() throws {
            let names = [
                "one slot too many", "a failure in a pause is not heard", "a ready model is not probed",
                "new facts are not sent", "everybody goes back at once", "who waits is not told to get ready",
                "a host that is going back holds no place",
            ]
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", "Tests/Simulation/mutants.py", "40"] + names
            process.currentDirectoryURL = Self.root
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(said)")
            for name in names { #expect(said.contains("\(name): seed "), "\(said)") }
        }
    #endif
}

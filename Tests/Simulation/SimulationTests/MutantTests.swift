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

    @Test func theListIsTrue() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let list = root.appending(path: "Tests/Simulation/mutants.json")
        let mutants = try JSONDecoder().decode([Mutant].self, from: Data(contentsOf: list))
        #expect(mutants.count >= 30)
        #expect(Set(mutants.map(\.name)).count == mutants.count)
        for mutant in mutants {
            let text = try String(contentsOf: root.appending(path: mutant.file), encoding: .utf8)
            #expect(text.components(separatedBy: mutant.old).count == 2, "\(mutant.name): \(mutant.file)")
            #expect(mutant.old != mutant.new)
        }
    }
}

import Foundation
import Testing

/// Whatever a fuzzer has ever found, and what it begins from, is tried again by every run of the tests: a property that does not
/// hold ends the process, and the last line says for which input.
@Suite(.serialized) struct FindingTests {
    @Test(arguments: FuzzFamily.all) func findingsAreMended(_ family: FuzzFamily) throws {
        for (name, bytes) in try family.findings() {
            print("finding \(family.name)/\(name)")
            bytes.withUnsafeBytes { family.run($0) }
        }
    }

    @Test(arguments: FuzzFamily.all) func seedsAndTheirNeighboursAreSound(_ family: FuzzFamily) throws {
        let seeds = try family.sound()
        #expect(seeds.count >= 2, "\(family.name) begins from nothing")
        for (name, bytes) in seeds {
            print("seed \(family.name)/\(name)")
            bytes.withUnsafeBytes { family.run($0) }
            var chance = Chance(state: UInt64(bytes.count))
            for _ in 0..<20 {
                chance.neighbour(of: bytes).withUnsafeBytes { family.run($0) }
            }
        }
    }

    @Test func theScriptKnowsEveryFamily() throws {
        let script = FuzzFamily.directory.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Deploy/scripts/fuzz")
        let text = try String(contentsOf: script, encoding: .utf8)
        let names = FuzzFamily.all.map(\.name)
        #expect(text.contains("readonly all=(\(names.joined(separator: " ")))\n"))
        let programs = try FileManager.default.contentsOfDirectory(atPath: FuzzFamily.directory.path)
            .filter { $0.hasPrefix("muster-fuzz-") }.map { String($0.dropFirst("muster-fuzz-".count)) }
        #expect(Set(programs) == Set(names))
    }
}

/// SplitMix64, and what it does to bytes.
private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with a few slips.
    mutating func neighbour(of bytes: [UInt8]) -> [UInt8] {
        var near = bytes
        for _ in 0...Int.random(in: 0...3, using: &self) where !near.isEmpty {
            let place = Int.random(in: 0..<near.count, using: &self)
            switch Int.random(in: 0...3, using: &self) {
            case 0: near[place] = UInt8.random(in: 0...255, using: &self)
            case 1: near.remove(at: place)
            case 2: near.insert(UInt8.random(in: 32...126, using: &self), at: place)
            default: near.removeSubrange(place...)
            }
        }
        return near
    }
}

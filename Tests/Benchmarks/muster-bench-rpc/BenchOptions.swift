import Foundation

/// `COMMAND --name value --name value`.
struct BenchOptions {
    let command: String?
    private var values: [String: String] = [:]

    init(_ arguments: [String]) {
        command = arguments.first
        var rest = arguments.dropFirst()
        while let name = rest.popFirst(), let value = rest.popFirst() { values[name] = value }
    }

    func text(_ name: String) throws -> String {
        guard let value = values[name] else { throw BenchFailure("\(name) is missing; see the top of main.swift") }
        return value
    }

    func number(_ name: String) throws -> Int {
        guard let value = Int(try text(name)) else { throw BenchFailure("\(name) must be a number") }
        return value
    }

    func file(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: try text(name))))
    }
}

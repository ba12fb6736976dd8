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

    func address(_ name: String) throws -> (host: String, port: Int) {
        let parts = try text(name).split(separator: ":").map(String.init)
        guard parts.count == 2, let port = Int(parts[1]) else { throw BenchFailure("\(name) takes ADDRESS:PORT") }
        return (parts[0], port)
    }

    func file(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: try text(name))))
    }

    /// The lines of a file that are not empty.
    func lines(_ name: String) throws -> [String] {
        let lines = String(decoding: try file(name), as: UTF8.self).split(separator: "\n").map(String.init)
        guard !lines.isEmpty else { throw BenchFailure("the file of \(name) is empty") }
        return lines
    }
}

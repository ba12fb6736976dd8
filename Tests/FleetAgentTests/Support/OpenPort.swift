import Foundation

@testable import FleetAgent

/// A port that somebody else listens on.
struct OpenPort {
    let port: UInt16
    private let process: Process
    /// The program ends with its input: also when the tests do, and where signals are blocked.
    private let input = Pipe()

    init(address: String, port: UInt16) throws {
        self.port = port
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let program = """
            import socket, sys
            s = socket.create_server(("\(address)", \(port)))
            print("listening", flush=True)
            sys.stdin.read()
            """
        process.arguments = ["python3", "-c", program]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Its first line says that it listens.
        _ = output.fileHandleForReading.availableData
    }

    func close() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

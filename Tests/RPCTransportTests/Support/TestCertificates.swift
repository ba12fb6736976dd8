import Foundation
import RPCTransport

/// Certificates made by `openssl` for one test run: an authority with a server and a client, and a second authority that nobody
/// trusts.
struct TestCertificates: Sendable {
    let authority: [UInt8]
    let serverChain: [UInt8]
    let serverKey: [UInt8]
    /// A server's certificate that bears a name and no address.
    let namedChain: [UInt8]
    let namedKey: [UInt8]
    let clientChain: [UInt8]
    let clientKey: [UInt8]
    let strangerAuthority: [UInt8]
    let strangerChain: [UInt8]
    let strangerKey: [UInt8]
    /// Where they lie as files, for peers that are other programs.
    let directory: URL

    static let shared = Result { try TestCertificates() }

    static let clientURI = "spiffe://muster.test/host/h-1"

    private init() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-rpc-tests-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory
        for (name, authority) in [("ca", "ca"), ("stranger-ca", "stranger-ca")] {
            try Self.openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(authority) "
                    + "-keyout \(name).key -out \(name).pem",
                in: directory
            )
        }
        let serverNames = "DNS:localhost,DNS:controller.test,IP:127.0.0.1"
        for (name, authority, san) in [
            ("server", "ca", serverNames), ("named", "ca", "DNS:controller.test"),
            ("client", "ca", "URI:\(Self.clientURI)"),
            ("stranger", "stranger-ca", "URI:spiffe://elsewhere/host/x"),
        ] {
            try Self.issue(name, by: authority, san: san, in: directory)
        }
        func read(_ name: String) throws -> [UInt8] {
            try Array(Data(contentsOf: directory.appendingPathComponent(name)))
        }
        authority = try read("ca.pem")
        serverChain = try read("server.pem")
        serverKey = try read("server.key")
        namedChain = try read("named.pem")
        namedKey = try read("named.key")
        clientChain = try read("client.pem")
        clientKey = try read("client.key")
        strangerAuthority = try read("stranger-ca.pem")
        strangerChain = try read("stranger.pem")
        strangerKey = try read("stranger.key")
    }

    private static func issue(_ name: String, by authority: String, san: String, in directory: URL) throws {
        try Data("subjectAltName=\(san)\n".utf8).write(to: directory.appendingPathComponent("\(name).ext"))
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=\(name) "
                + "-keyout \(name).key -out \(name).csr",
            in: directory
        )
        try openssl(
            "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 "
                + "-extfile \(name).ext -out \(name).pem",
            in: directory
        )
    }

    private static func openssl(_ arguments: String, in directory: URL) throws {
        let output = try runProgram("openssl", arguments.split(separator: " ").map(String.init), in: directory)
        guard output.status == 0 else { throw TestFailure("openssl \(arguments): \(output.text)") }
    }

    var serverTLS: RPCServerTLS {
        RPCServerTLS(certificateChainPEM: serverChain, privateKeyPEM: serverKey, clientTrustRootsPEM: authority)
    }

    var clientTLS: RPCClientTLS {
        RPCClientTLS(
            trust: .roots(pem: authority),
            identity: .init(certificateChainPEM: clientChain, privateKeyPEM: clientKey)
        )
    }

    var anonymousTLS: RPCClientTLS { RPCClientTLS(trust: .roots(pem: authority)) }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs a program to its end and gives what it printed, both streams together, without keeping a task's thread.
func run(_ name: String, _ arguments: [String]) async throws -> (status: Int32, text: String) {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result { try runProgram(name, arguments) })
        }
    }
}

/// Runs a program to its end and gives what it printed, both streams together. It keeps the thread.
func runProgram(_ name: String, _ arguments: [String], in directory: URL? = nil) throws -> (status: Int32, text: String)
{
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // A peer that hangs is killed, so that a test fails and does not stand still.
    process.arguments = ["timeout", "-k", "1", "60", name] + arguments
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

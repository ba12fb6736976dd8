import Foundation

/// TLS before a port, by Python's own: what makes a proxy of tinyproxy that speaks TLS.
final class TLSFront: Sendable {
    private static let script = """
        import asyncio, ssl, sys

        async def copy(reader, writer):
            try:
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            except OSError:
                pass
            writer.close()

        async def serve(reader, writer):
            there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[3]))
            await asyncio.gather(copy(reader, back), copy(there, writer))

        async def main():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
            with open(sys.argv[4] + ".part", "w") as file:
                file.write(str(server.sockets[0].getsockname()[1]))
            import os
            os.rename(sys.argv[4] + ".part", sys.argv[4])
            await server.serve_forever()

        asyncio.run(main())
        """

    struct NotStarted: Error {}

    let port: Int
    private let process: Process

    init(certificate: String, key: String, to target: Int, in directory: String) async throws {
        let paths = ["certificate", "key", "port"].map { "\(directory)/front-\($0)" }
        try Data(certificate.utf8).write(to: URL(filePath: paths[0]))
        try Data(key.utf8).write(to: URL(filePath: paths[1]))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, paths[0], paths[1], "\(target)", paths[2]]
        process.standardError = FileHandle.nullDevice
        try process.run()
        let limit = ContinuousClock.now + .seconds(20)
        var text: String?
        while text == nil {
            guard process.isRunning, ContinuousClock.now < limit else { throw NotStarted() }
            text = try? String(contentsOfFile: paths[2], encoding: .utf8)
            await Task.yield()
        }
        port = text.flatMap { Int($0) } ?? 0
        self.process = process
    }

    func stop() {
        // Not SIGTERM: a test's process may have it blocked, and what it starts inherits that.
        kill(process.processIdentifier, SIGKILL)
    }
}

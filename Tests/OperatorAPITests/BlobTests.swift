import Fleet
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct BlobTests {
    /// 5 MB that no other test has.
    private static func file(in server: ServerFixture) throws -> (path: String, digest: Digest) {
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let path = "\(server.directory)/blob"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return (path, Digest(of: bytes))
    }

    private static func incoming(_ server: ServerFixture) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(server.directory)/blobs/incoming")
    }

    @Test func aBlobIsKeptUnderItsDigest() async throws {
        try await ServerFixture.run { server in
            let (path, digest) = try Self.file(in: server)
            #expect(try await server.call("HEAD", "/blobs/sha256/\(digest.hex)").status == 404)
            let sent = try await server.call("PUT", "/blobs/sha256/\(digest.hex)", with: ["-T", path])
            #expect(sent.status == 201)
            let there = try await server.call("HEAD", "/blobs/sha256/\(digest.hex)")
            #expect(there.status == 200)
            #expect(there.headers["content-length"] == "5000000")
            let chunked = try await server.call(
                "PUT",
                "/blobs/sha256/\(digest.hex)",
                with: ["-T", path, "-H", "transfer-encoding: chunked"]
            )
            #expect(chunked.status == 201, "sending it again is no error")
            #expect(try Self.incoming(server) == [])
        }
    }

    @Test func aBlobThatChangedOnDiskIsNotThere() async throws {
        try await ServerFixture.run { server in
            let (path, digest) = try Self.file(in: server)
            #expect(try await server.call("PUT", "/blobs/sha256/\(digest.hex)", with: ["-T", path]).status == 201)
            let stored = URL(filePath: "\(server.directory)/blobs/\(digest.hex.prefix(2))/\(digest.hex)")
            var bytes = try Data(contentsOf: stored)
            bytes[4_999_999] ^= 1
            try bytes.write(to: stored)
            #expect(try await server.call("HEAD", "/blobs/sha256/\(digest.hex)").status == 404)
            let line = await server.log.line(with: "a blob was cut short or changed on disk: removed", digest.hex)
            #expect(line.contains("request="))
            #expect(try await server.call("PUT", "/blobs/sha256/\(digest.hex)", with: ["-T", path]).status == 201)
            #expect(try await server.call("HEAD", "/blobs/sha256/\(digest.hex)").status == 200)
        }
    }

    @Test func aWrongDigestKeepsNothing() async throws {
        try await ServerFixture.run { server in
            let (path, digest) = try Self.file(in: server)
            let other = Digest(of: "other".utf8)
            let reply = try await server.call("PUT", "/blobs/sha256/\(other.hex)", with: ["-T", path])
            #expect(reply.status == 422)
            #expect(try reply.problem().detail?.contains(digest.description) == true)
            #expect(try await server.call("HEAD", "/blobs/sha256/\(other.hex)").status == 404)
            #expect(try Self.incoming(server) == [])
        }
    }

    @Test func aBlobCutShortKeepsNothing() async throws {
        try await ServerFixture.run { server in
            let (path, digest) = try Self.file(in: server)
            // Announces everything, sends the beginning, and is gone.
            let script = """
                import socket, ssl, sys
                context = ssl.create_default_context(cafile=sys.argv[1])
                plain = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
                secure = context.wrap_socket(plain, server_hostname="127.0.0.1")
                content = open(sys.argv[3], "rb").read()
                head = f"PUT /v1/projects/default/blobs/sha256/{sys.argv[4]} HTTP/1.1\\r\\nhost: x\\r\\n" \\
                    f"authorization: Bearer {sys.argv[5]}\\r\\nx-request-id: cut\\r\\n" \\
                    f"content-length: {len(content)}\\r\\n\\r\\n"
                secure.sendall(head.encode() + content[:2_000_000])
                secure.shutdown(socket.SHUT_RDWR)
                """
            let result = try await Curl.run(
                "python3",
                [
                    "-c", script, "\(server.directory)/authority.pem", "\(server.port)", path, digest.hex,
                    server.token,
                ]
            )
            #expect(result.exit == 0, "\(result.complaint)")
            let line = await server.log.line(with: "request answered", "request=cut")
            #expect(line.contains("status=400"))
            #expect(try await server.call("HEAD", "/blobs/sha256/\(digest.hex)").status == 404)
            #expect(try Self.incoming(server) == [])
        }
    }

    @Test func aBlobBeyondTheBoundIsRefusedBeforeItComes() async throws {
        try await ServerFixture.run { server in
            let digest = Digest(of: "large".utf8)
            let reply = try await server.call(
                "PUT",
                "/blobs/sha256/\(digest.hex)",
                with: ["-H", "content-length: 68719476737", "-H", "expect: 100-continue", "-d", "x"]
            )
            #expect(reply.status == 413)
            #expect(reply.headers["connection"] == "close")
            #expect(try reply.problem().detail?.contains("at most 68719476736") == true)
        }
    }

    @Test func aRefusedBodyDoesNotHoldTheConnection() async throws {
        try await ServerFixture.run { server in
            let (path, digest) = try Self.file(in: server)
            // Without a token: 5 MB are not read, the connection is closed.
            let large = try await server.call(
                "PUT",
                "/blobs/sha256/\(digest.hex)",
                with: ["-T", path, "-H", "expect: 100-continue"],
                token: .some(nil)
            )
            #expect(large.status == 401)
            #expect(large.headers["connection"] == "close")
            // A small one is dropped, and the connection carries the next request.
            let small = try await Curl.run(
                "curl",
                ["-sS", "--cacert", "\(server.directory)/authority.pem", "-w", "%{http_code} %{num_connects}\n"]
                    + ["-o", "/dev/null", "-X", "POST", "-d", "{}", server.url("/apply")]
                    + ["-o", "/dev/null", server.url("/apply")]
            )
            #expect(String(decoding: small.output, as: UTF8.self) == "401 1\n401 0\n")
        }
    }
}

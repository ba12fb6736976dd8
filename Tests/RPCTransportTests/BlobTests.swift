import NIOCore
import RPCTransport
import Testing

@Suite("GET and PUT", .timeLimit(.minutes(1)))
struct BlobTests {
    @Test func wholeAndRanges() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let blob = server.service.blob
            for range in [nil, 0..<1, 100..<100_100, 299_999..<300_000, 5..<Int.max] as [Range<Int>?] {
                let download = try await connection.get(path: "/blob", range: range)
                #expect(download.head.status == (range == nil ? 200 : 206))
                var body = ByteBuffer()
                for try await chunk in download.body { body.writeImmutableBuffer(chunk) }
                let wanted = (range ?? 0..<Int.max).clamped(to: 0..<blob.readableBytes)
                #expect(body == blob.getSlice(at: wanted.lowerBound, length: wanted.count))
            }
            connection.close()
        }
    }

    @Test func missing() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let download = try await connection.get(path: "/nothing")
            #expect(download.head.status == 404)
            for try await _ in download.body {}
            connection.close()
        }
    }

    @Test func upload() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let body = AsyncStream<ByteBuffer> { continuation in
                for _ in 0..<500 { continuation.yield(ByteBuffer(repeating: 9, count: 4096)) }
                continuation.finish()
            }
            let answer = try await connection.put(path: "/blob", body: body)
            #expect(answer.head.status == 201)
            #expect(String(buffer: answer.body) == "\(500 * 4096)")
            connection.close()
        }
    }

    @Test func anUploadThatIsRefusedEndsEarly() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let body = AsyncStream<ByteBuffer>(unfolding: { ByteBuffer(repeating: 9, count: 4096) })
            let answer = try await connection.put(path: "/refused", body: body)
            #expect(answer.head.status == 403)
            connection.close()
        }
    }
}

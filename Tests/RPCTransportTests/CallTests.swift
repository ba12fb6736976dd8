import NIOCore
import RPCTransport
import Synchronization
import Testing

@Suite("Calls of every shape", .timeLimit(.minutes(1)))
struct CallTests {
    @Test func unary() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            for size in [0, 1, 64, 70_000, 1 << 20] {
                let message = ByteBuffer(repeating: 7, count: size)
                #expect(try await connection.unary(path: "/test.Echo/Unary", message: message) == message)
            }
            connection.close()
            try await eventually("every stream closes") {
                server.server.metrics.streamsOpened == 5 && server.server.metrics.streamsClosed == 5
            }
            #expect(server.server.metrics.messagesIn == 5)
            #expect(server.server.metrics.messagesOut == 5)
        }
    }

    @Test func manyAtOnceBeyondTheStreamLimit() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let message = ByteBuffer(string: "message \(index)")
                        return try await connection.unary(path: "/test.Echo/Unary", message: message)
                    }
                }
                var answers = Set<String>()
                for try await answer in group { answers.insert(String(buffer: answer)) }
                #expect(answers.count == 200)
            }
            #expect(server.server.metrics.violations == [:])
            connection.close()
        }
    }

    @Test func anErrorKeepsItsText() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let status = await failure {
                try await connection.unary(path: "/test.Echo/Fail", message: ByteBuffer())
            }
            #expect(status == RPCStatus(.failedPrecondition, "ünfit: 100 % of hosts\nare busy"))
            let unknown = await failure {
                try await connection.unary(path: "/test.Echo/Nothing", message: ByteBuffer())
            }
            #expect(unknown?.code == .unimplemented)
            connection.close()
        }
    }

    @Test func clientStreaming() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Count")
            for _ in 0..<1000 { try await call.send(ByteBuffer(repeating: 1, count: 500)) }
            call.finishSending()
            var answers: [String] = []
            for try await answer in call.inbound { answers.append(String(buffer: answer)) }
            #expect(answers == ["1000 500000"])
            try await eventually("it closed cleanly") {
                server.service.seen.withLock { $0.closed["/test.Echo/Count"] == .some(nil) }
            }
            connection.close()
        }
    }

    @Test func serverStreaming() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Produce")
            try await call.send(ByteBuffer(string: "2000"))
            call.finishSending()
            var count = 0
            for try await message in call.inbound {
                count += 1
                #expect(
                    message.getInteger(at: message.readerIndex, as: UInt8.self)
                        == UInt8(truncatingIfNeeded: 2000 - count)
                )
            }
            #expect(count == 2000)
            connection.close()
        }
    }

    @Test func bothWays() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Bidi")
            var iterator = call.inbound.makeAsyncIterator()
            for index in 0..<100 {
                try await call.send(ByteBuffer(string: "\(index)"))
                #expect(try await iterator.next().map { String(buffer: $0) } == "\(index)")
            }
            call.finishSending()
            #expect(try await iterator.next() == nil)
            connection.close()
        }
    }

    @Test func deadlines() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let late = await failure {
                try await connection.unary(
                    path: "/test.Echo/Never",
                    message: ByteBuffer(),
                    deadline: .seconds(1)
                )
            }
            #expect(late?.code == .deadlineExceeded)
            try await eventually("the server ends it too") {
                let reason = server.service.seen.withLock { $0.closed["/test.Echo/Never"] }
                return [.deadlineExceeded, .cancelled].contains(reason??.code)
            }
            let passed = await failure {
                try await connection.unary(
                    path: "/test.Echo/Unary",
                    message: ByteBuffer(),
                    metadata: ["grpc-timeout": "0m"]
                )
            }
            #expect(passed?.code == .deadlineExceeded)
            connection.close()
        }
    }

    @Test func cancellation() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let call = try await connection.openStream(path: "/test.Echo/Never")
            try await call.send(ByteBuffer(string: "x"))
            try await eventually("it is there") { server.server.metrics.messagesIn == 1 }
            call.cancel()
            try await eventually("the server hears it") {
                server.service.seen.withLock { $0.closed["/test.Echo/Never"]??.code == .cancelled }
            }
            let status = await failure { for try await _ in call.inbound {} }
            #expect(status?.code == .cancelled)
            // The connection is as good as before.
            let message = ByteBuffer(string: "still here")
            #expect(try await connection.unary(path: "/test.Echo/Unary", message: message) == message)
            connection.close()
        }
    }

    @Test func aCancelledTaskCancelsItsCall() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let status = await withTaskGroup(of: RPCStatus?.self) { group in
                group.addTask {
                    await failure { try await connection.unary(path: "/test.Echo/Never", message: ByteBuffer()) }
                }
                while server.server.metrics.messagesIn == 0 { await Task.yield() }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(status?.code == .cancelled)
            connection.close()
        }
    }

    @Test func metadata() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            let answer = try await connection.unary(
                path: "/test.Echo/Header",
                message: ByteBuffer(),
                metadata: ["x-test": "value"]
            )
            #expect(String(buffer: answer) == "value")
            connection.close()
        }
    }
}

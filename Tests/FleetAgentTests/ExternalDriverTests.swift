import DaemonKit
import Fleet
import Foundation
import Logging
import NIOCore
import NIOPosix
import ShimProtocol
import Synchronization
import Testing

@testable import FleetAgent

/// What the driver does with files where a server says one thing, or nothing: a real Triton is tried by
/// `Tests/EndToEnd/peers/test_external.py`.
@Suite struct ExternalDriverTests {
    /// A driver with a repository and starts of model `wine`, which all ask the same port.
    private final class Bed {
        static let boot = "this boot"
        let root = FileManager.default.temporaryDirectory.path + "/muster-driver-\(UInt64.random(in: 0 ... .max))"
        let files: AgentFiles
        let repository: ModelRepository
        let driver: ExternalDriver
        let port: UInt16

        init(port: UInt16) throws {
            self.port = port
            files = try AgentFiles(directory: "\(root)/data")
            repository = ModelRepository(path: "\(root)/models", model: "wine", agent: "muster-a")
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            driver = ExternalDriver(
                files: files,
                name: repository.agent,
                host: "lyon-1",
                address: "127.0.0.1",
                group: .singletonMultiThreadedEventLoopGroup,
                time: .system,
                logger: logger,
                boot: Self.boot
            )
            try FileAccess.makeDirectory(repository.path)
            try FileAccess.makeDirectory("\(root)/bundle/1")
            try FileAccess.replace("\(root)/bundle/1/model.py", with: [])
        }

        deinit { FileAccess.remove(root) }

        /// A start whose model is in the repository under its private name, and which the agent has noted.
        func start(
            _ number: Int,
            _ phase: ExternalHandle.Phase,
            boot: String = boot,
            startedAt: Int64 = 1
        ) throws -> ExternalHandle {
            let handle = ExternalHandle(
                address: "127.0.0.1",
                port: port,
                repository: repository.path,
                model: "wine",
                start: "1a2b3c4d-\(number)",
                phase: phase,
                boot: boot,
                startedAt: startedAt
            )
            try FileAccess.makeDirectory(files.replica(handle.start))
            try handle.write(in: files.replica(handle.start))
            try repository.place("\(root)/bundle", deployment: "d", start: handle.start)
            return handle
        }

        var models: [String] { FileAccess.names(in: repository.path) }
        var starts: [String] { FileAccess.names(in: files.replicas) }
    }

    /// It would take the name from what serves, or leave nothing under it.
    @Test func aStartThatWasGivenUpTakesNoName() async throws {
        try await CannedServer.with(CannedServer.answer("200 OK")) { port in
            let bed = try Bed(port: port)
            let given = try bed.start(1, .published)
            bed.repository.remove(given.start)
            await #expect {
                try await bed.driver.publish(given) { _ in }
            } throws: { "\($0)".contains("was given up meanwhile") }
            #expect(bed.models.isEmpty)
        }
    }

    /// Whoever listened when it was proven may have ended since: it is known by who has loaded it.
    @Test func theServerIsWhoHasLoadedIt() async throws {
        try await CannedServer.with(CannedServer.answer("200 OK")) { port in
            let bed = try Bed(port: port)
            var proven = try bed.start(1, .proving)
            proven.server = ProcessIdentity(pid: 1, startTime: 1)
            let published = try await bed.driver.publish(proven) { _ in }
            #expect(published.server?.pid == getpid())
            #expect(ExternalHandle(in: bed.files.replica(proven.start)) == published)
            #expect(published.isLoaded && bed.models == ["wine"])
        }
    }

    @Test func afterABootWhatAnswersIsSpared() async throws {
        try await CannedServer.with(CannedServer.answer("200 OK")) { port in
            let bed = try Bed(port: port)
            let served = try bed.start(1, .published, boot: "another boot")
            try bed.repository.publish(served.start)
            await bed.driver.forget(start: served.start)
            #expect(bed.models == ["wine"])
        }
    }

    @Test func afterABootWhatDoesNotAnswerGoesAlone() async throws {
        try await CannedServer.with(CannedServer.answer("400 Bad Request")) { port in
            let bed = try Bed(port: port)
            let starts = try [
                bed.start(1, .published, boot: "another boot"), bed.start(2, .published, boot: "another boot"),
                bed.start(3, .published),
            ]
            try bed.repository.publish(starts[0].start)
            try FileAccess.makeDirectory(bed.repository.directory("wine-of-somebody"))
            await bed.driver.forget(start: starts[2].start)
            #expect(bed.models.count == 4, "that one is of this boot")
            await bed.driver.forget(start: starts[0].start)
            let others = starts[1...].map { bed.repository.privateName($0.start) }
            #expect(bed.models == (["wine-of-somebody"] + others).sorted())
        }
    }

    /// A deployment that is made again counts its starts from one.
    @Test func aNewStartOfTheSameNameIsNotClearedAway() async throws {
        try await CannedServer.with("no HTTP") { port in
            let bed = try Bed(port: port)
            let given = try bed.start(1, .abandoned)
            let newer = try bed.start(1, .proving, startedAt: 2)
            #expect(await bed.driver.clear(given, within: .seconds(5)) == nil)
            #expect(ExternalHandle(in: bed.files.replica(newer.start)) == newer)
            #expect(bed.models == [bed.repository.privateName(newer.start)])
        }
    }

    @Test func norOneThatComesWhileTheServerIsAsked() async throws {
        let place = Mutex<(directory: String, handle: ExternalHandle)?>(nil)
        try await CannedServer.with(CannedServer.answer("200 OK")) {
            place.withLock { try? $0?.handle.write(in: $0?.directory ?? "") }
        } _: { port in
            let bed = try Bed(port: port)
            let given = try bed.start(1, .abandoned)
            var newer = given
            newer.startedAt = 2
            place.withLock { [directory = bed.files.replica(given.start)] in $0 = (directory, newer) }
            #expect(await bed.driver.clear(given, within: .seconds(5)) == nil)
            #expect(ExternalHandle(in: bed.files.replica(given.start)) == newer)
            #expect(bed.models == [bed.repository.privateName(newer.start)])
        }
    }

    /// On a full disk the note cannot be written; the server is told all the same.
    @Test func whatCannotBeNotedIsGivenUpToo() async throws {
        let asked = Mutex(0)
        try await CannedServer.with(CannedServer.answer("200 OK")) {
            asked.withLock { $0 += 1 }
        } _: { port in
            let bed = try Bed(port: port)
            let handle = try bed.start(1, .proving)
            try FileAccess.makeDirectory("\(bed.files.replica(handle.start))/\(ExternalHandle.file).new")
            #expect(await !bed.driver.abandon(start: handle.start, within: .seconds(5)))
            #expect(asked.withLock { $0 } == 1)
            #expect(bed.models.isEmpty && bed.starts.isEmpty)
        }
    }
}

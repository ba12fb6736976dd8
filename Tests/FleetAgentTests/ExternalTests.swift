import Fleet
import Foundation
import Glibc
import NIOCore
import NIOPosix
import ShimProtocol
import Testing

@testable import FleetAgent

/// What is read of and said to a server that runs already, without one: a real Triton is tried by
/// `Tests/EndToEnd/peers/test_external.py`.
@Suite struct ExternalTests {
    // MARK: What is read

    @Test(
        arguments: [
            ("", nil), ("backend: \"python\"\nmax_batch_size: 0", nil), ("name: \"wine\"", "wine"),
            ("backend: 'python' name: 'wine'", "wine"), ("# name: \"old\"\nname : \"new\" # name: \"newer\"", "new"),
            ("input [{name: \"x\", dims: [-1]}]\noutput {name: \"y\"}", nil),
            ("parameters <key: \"name\" value {string_value: \"name: 'z'\"}>", nil),
            ("default_model_filename: \"name: a\"\nname: \"b\\\"c\"", "b\\\"c"), ("name", nil), ("name:", nil),
            ("name: \"open", "open"), ("name_of: \"x\"", nil),
        ] as [(String, String?)]
    )
    func aConfigurationSaysWhatTheModelIsCalled(text: String, expected: String?) {
        #expect(ModelConfiguration.name(in: text) == expected)
    }

    /// As Triton 2.51 said it: a version that failed stays in the list beside the one that answers, after a good reload too.
    @Test func aModelIsThereWhileAnyVersionAnswers() throws {
        let text = #"""
            [{"name":"wine","version":"1","state":"READY"},
             {"name":"wine","version":"2","state":"UNAVAILABLE","reason":"Internal: RuntimeError: no weights"},
             {"name":"wine.muster-ab-2","version":"1","state":"UNLOADING"},
             {"name":"soon","version":"1","state":"LOADING"},
             {"name":"gone","version":"1","state":"UNAVAILABLE","reason":"unloaded"},{"name":"never"}]
            """#
        let index = try JSONCoding.decode(RepositoryIndex.self, from: text.utf8)
        #expect(index.isComing("wine") && index.isHeld("wine"))
        #expect(index.reason(of: "wine") == "Internal: RuntimeError: no weights")
        #expect(index.isComing("soon") && !index.isComing("wine.muster-ab-2") && index.isHeld("wine.muster-ab-2"))
        for name in ["gone", "never", "other"] {
            #expect(!index.isHeld(name))
            #expect(index.reason(of: name) == nil)
        }
    }

    @Test(
        arguments: [
            ("/v2/models/wine/infer", "/v2/models/wine.muster-1/infer"),
            ("/v2/models/wine/versions/1/infer", "/v2/models/wine.muster-1/versions/1/infer"),
            ("/v2/models/winery/infer", nil),
            ("/", nil), ("/wine", "/wine.muster-1"),
        ] as [(String, String?)]
    )
    func aProbeAsksTheModelUnderAnotherName(path: String, expected: String?) {
        #expect(ReplicaProbe.path(path, asking: "wine.muster-1", insteadOf: "wine") == expected)
    }

    @Test func aHandleIsReadAsItWasWritten() throws {
        var handle = ExternalHandle(
            address: "127.0.0.1",
            port: 8000,
            repository: "/srv/my models",
            model: "wine",
            start: "1a2b3c4d-7",
            phase: .proving,
            boot: "b/1",
            startedAt: 5
        )
        #expect(ExternalHandle(text: handle.text) == handle)
        handle.phase = .published
        #expect(ExternalHandle(text: handle.text) == handle)
        handle.isLoaded = true
        handle.server = ProcessIdentity(pid: 7, startTime: 9)
        #expect(ExternalHandle(text: handle.text) == handle)
        #expect(ExternalHandle(text: handle.text + "newer word\n") == handle)
        for length in 0..<handle.text.count {
            #expect(ExternalHandle(text: String(handle.text.prefix(length))) == nil, "torn at \(length)")
        }
        let mark = ModelRepository.Mark(agent: "muster-1a2b", deployment: "wine (1)", start: "1a2b3c4d-12")
        #expect(ModelRepository.Mark(text: mark.text) == mark)
        for length in 0..<mark.text.count {
            #expect(ModelRepository.Mark(text: String(mark.text.prefix(length))) == nil, "torn at \(length)")
        }
    }

    // MARK: Directories

    /// A repository and a bundle, for one test.
    private struct Place: ~Copyable {
        let root = FileManager.default.temporaryDirectory.path + "/muster-external-\(UInt64.random(in: 0 ... .max))"
        var others: ModelRepository { ModelRepository(path: repository.path, model: "wine", agent: "muster-b") }
        var repository: ModelRepository { ModelRepository(path: "\(root)/models", model: "wine", agent: "muster-a") }

        init() throws {
            try FileAccess.makeDirectory("\(root)/models")
            for factor in 1...2 {
                try FileAccess.makeDirectory("\(root)/bundle-\(factor)/1")
                let bytes = Array("factor \(factor)".utf8)
                try FileAccess.replace("\(root)/bundle-\(factor)/1/model.py", with: bytes, mode: 0o644)
                try FileAccess.replace("\(root)/bundle-\(factor)/config.pbtxt", with: [], mode: 0o400)
            }
        }

        deinit { FileAccess.remove(root) }

        func place(_ factor: Int, start: String, deployment: String = "d") throws {
            try repository.place("\(root)/bundle-\(factor)", deployment: deployment, start: start)
        }

        func content(_ name: String) throws -> String? { try FileAccess.readText("\(root)/models/\(name)/1/model.py") }

        func changed(_ path: String) -> Int {
            var status = stat()
            _ = stat("\(root)/models/\(path)", &status)
            return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
        }
    }

    @Test func theNewOneTakesTheNameAndGivesItBack() throws {
        let place = try Place()
        let repository = place.repository
        try place.place(1, start: "s-1")
        try repository.publish("s-1")
        #expect(try place.content("wine") == "factor 1")
        try place.place(2, start: "s-2")
        #expect(try place.content("wine.muster-a-s-2") == "factor 2")
        try repository.publish("s-2")
        #expect(try place.content("wine") == "factor 2")
        #expect(try place.content("wine.muster-a-s-1") == "factor 1")
        let before = place.changed("wine.muster-a-s-1/1/model.py")
        let newest = place.changed("wine/1/model.py")
        try repository.publish("s-1")
        #expect(try place.content("wine") == "factor 1")
        #expect(
            place.changed("wine/1/model.py") >= newest,
            "Triton loads nothing that is older than what it has loaded"
        )
        #expect(place.changed("wine/1/model.py") > before && place.changed("wine/config.pbtxt") > before)
        repository.remove("s-2")
        #expect(FileAccess.names(in: repository.path) == ["wine"])
        repository.remove("s-1")
        #expect(FileAccess.names(in: repository.path) == [])
    }

    @Test func copiesShareNothingWithTheBundle() throws {
        let place = try Place()
        chmod("\(place.root)/models", 0o750)
        try place.place(1, start: "s-1")
        let copy = "\(place.root)/models/wine.muster-a-s-1"
        var status = stat()
        #expect(lstat("\(copy)/1/model.py", &status) == 0)
        #expect(status.st_nlink == 1 && status.st_mode & 0o777 == 0o640)
        #expect(lstat("\(copy)/1", &status) == 0 && status.st_mode & 0o777 == 0o750)
        #expect(lstat("\(copy)/config.pbtxt", &status) == 0 && status.st_mode & 0o777 == 0o640)
    }

    @Test func whatIsNotOursIsLeftAlone() throws {
        let place = try Place()
        let repository = place.repository
        #expect(repository.refusal(to: "d", on: "lyon-1") == nil)
        try FileAccess.makeDirectory(repository.directory("wine"))
        let foreign = try #require(repository.refusal(to: "d", on: "lyon-1"))
        #expect(
            foreign.contains(
                "there is a model 'wine' in \(repository.path) on lyon-1 already, which Muster did not put there"
            )
        )
        repository.remove("s-1")
        repository.sweep(keeping: [])
        #expect(repository.exists("wine"))
        FileAccess.remove(repository.directory("wine"))
        try place.place(1, start: "s-1", deployment: "other")
        try repository.publish("s-1")
        #expect(repository.refusal(to: "d", on: "lyon-1")?.contains("another deployment (other)") == true)
        #expect(place.others.refusal(to: "other", on: "lyon-1")?.contains("another agent's") == true)
        #expect(repository.refusal(to: "other", on: "lyon-1") == nil)
        // Another agent's start of the same number is another one.
        place.others.remove("s-1")
        #expect(!place.others.hasName("s-1") && repository.hasName("s-1"))
    }

    @Test func aMarkThatSomebodyElseCanHaveWrittenIsNone() throws {
        let place = try Place()
        let repository = place.repository
        try place.place(1, start: "s-1")
        try repository.publish("s-1")
        chmod(repository.directory("wine"), 0o775)
        #expect(repository.mark(of: "wine") == nil)
        chmod(repository.directory("wine"), 0o755)
        #expect(repository.hasName("s-1"))
        let file = "\(repository.directory("wine"))/.muster"
        rename(file, "\(file).kept")
        symlink("\(file).kept", file)
        #expect(repository.mark(of: "wine") == nil)
        unlink(file)
        // Nobody waits for its writer.
        mkfifo(file, 0o600)
        #expect(repository.mark(of: "wine") == nil)
    }

    @Test func aStartOfTheSameNumberAfterALostJournalIsAnotherOne() throws {
        let place = try Place()
        let repository = place.repository
        for factor in 1...2 {
            try place.place(factor, start: "s-1")
            try repository.publish("s-1")
            #expect(try place.content("wine") == "factor \(factor)")
        }
        #expect(FileAccess.names(in: repository.path) == ["wine"])
    }

    @Test func whatStartsHaveLeftIsSweptAway() throws {
        let place = try Place()
        let repository = place.repository
        for start in ["s-1", "s-2"] { try place.place(1, start: start) }
        try FileAccess.makeDirectory(repository.directory("wine.muster-of-somebody"))
        place.others.sweep(keeping: [])
        #expect(FileAccess.names(in: repository.path).count == 3)
        repository.sweep(keeping: ["s-2"])
        #expect(FileAccess.names(in: repository.path) == ["wine.muster-a-s-2", "wine.muster-of-somebody"])
    }

    // MARK: Servers that answer otherwise

    private func asking<Value: Sendable>(
        _ text: String,
        _ work: (RepositoryServer) async throws -> Value
    ) async throws -> Value {
        try await CannedServer.with(text) { port in
            let http = HTTPProbe(address: "127.0.0.1", group: .singletonMultiThreadedEventLoopGroup)
            return try await work(RepositoryServer(http: http, port: port))
        }
    }

    @Test(
        arguments: [
            (
                CannedServer.answer("404 Not Found", "nothing\n  here"),
                "does not list its models: it answers 404: nothing here; see that it is"
            ),
            (
                CannedServer.answer("200 OK", "{}"),
                "in a form that the Open Inference Protocol does not have: {}; see what listens there"
            ),
            (
                CannedServer.answer("200 OK", "[{\"name\":1}]"),
                "in a form that the Open Inference Protocol does not have"
            ),
        ]
    )
    func aServerWithoutARepositoryIsToldAsOne(text: String, said: String) async throws {
        await #expect {
            try await asking(text) { server in try await server.index() }
        } throws: { "\($0)".contains(said) && "\($0)".contains("the server at 127.0.0.1:") }
    }

    @Test func whatIsNoAnswerIsSilence() async throws {
        let huge =
            "HTTP/1.1 200 OK\r\ncontent-length: \(HTTPProbe.bodyLimit + 1)\r\n\r\n"
            + String(repeating: " ", count: HTTPProbe.bodyLimit + 1)
        for (text, said) in [(huge, "longer than"), ("SSH-2.0-OpenSSH_9.2\r\n", "invalid")] {
            guard case .silent(let why) = try await asking(text, { server in try await server.index() }) else {
                Issue.record("it was taken for an answer: \(text.prefix(20))")
                continue
            }
            #expect(why.contains(said))
        }
    }

    @Test func theServersOwnWordsAreHanded() async throws {
        let trace = String(repeating: "At: model.py(3)\\n", count: 100)
        let text = CannedServer.answer("400 Bad Request", "{\"error\":\"load failed: no weights \(trace) end\"}")
        do {
            let unknown = try await asking(text) { server in try await server.load("wine") }
            Issue.record("it was taken for \(unknown == nil ? "loaded" : "silence")")
        } catch let error as AgentError {
            #expect(
                error.message.contains(
                    "did not load model 'wine': it answers 400: load failed: no weights At: model.py(3) At:"
                )
            )
            #expect(error.message.hasSuffix("end") && error.message.count < 800)
        }
    }

    // MARK: Figures

    @Test func figuresAreThoseOfTheModel() throws {
        let names = MetricNames(
            requests: [try MetricSeries(#"n_count{model="{model.name}",code!="x"}"#)],
            duration: .init(
                sum: [.named("s")],
                count: [try MetricSeries(#"c{model="{model.name}"}"#)],
                unit: .microseconds
            )
        )
        let named = names.naming(model: "wine")
        #expect(named.requests.map(\.description) == [#"n_count{model="wine",code!="x"}"#])
        #expect(named.duration?.count.map(\.description) == [#"c{model="wine"}"#])
        #expect(named.duration?.sum == [.named("s")])
    }
}

import Fleet
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix

/// A container engine's API, as far as replicas need it: Docker's Engine API, which Podman serves too. What is not said to be
/// `async` blocks for as long as the engine takes: not for an event loop.
struct ContainerEngine: Sendable {
    /// The label whose value is the agent that made a container.
    static let agentLabel = "muster.agent"
    /// The label whose value is the start that a container was made for.
    static let startLabel = "muster.replica"

    /// Where whoever waits for an engine waits: one that hangs keeps nobody else from the disk, nor an endpoint from its switch.
    static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }()

    let socket: EngineSocket

    /// What an engine says of itself.
    struct Facts: Hashable, Sendable, Decodable {
        /// Whether it can bound these here.
        var boundsMemory: Bool?
        var boundsProcessors: Bool?
        var boundsProcesses: Bool?

        private enum CodingKeys: String, CodingKey {
            case boundsMemory = "MemoryLimit"
            case boundsProcessors = "CpuCfsQuota"
            case boundsProcesses = "PidsLimit"
        }

        /// Why limits cannot be enforced; what can be is not in it.
        var missing: [HostCapabilities.Feature: String] {
            let said: [(HostCapabilities.Feature, Bool?)] = [
                (.memoryLimit, boundsMemory), (.processorLimit, boundsProcessors), (.processLimit, boundsProcesses),
            ]
            let lacking = said.filter { $0.1 != true }.map {
                ($0.0, "the container engine says that it cannot bound it here")
            }
            return Dictionary(uniqueKeysWithValues: lacking)
        }
    }

    private struct Complaint: Decodable { var message: String }
    private struct Created: Decodable {
        var id: String

        private enum CodingKeys: String, CodingKey { case id = "Id" }
    }
    private struct Listed: Decodable {
        var id: String
        var labels: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case id = "Id"
            case labels = "Labels"
        }
    }

    func facts() throws(AgentError) -> Facts {
        try decode(Facts.self, from: asked(.GET, "/info", within: .seconds(10)), of: "what it can do")
    }

    /// Whether an image is there.
    func has(_ image: ImageReference) throws(AgentError) -> Bool {
        let answer = try socket.ask(.GET, "/images/\(image.text)/json", within: .seconds(20))
        guard answer.status != 404 else { return false }
        _ = try checked(answer, "look for \(image.text)")
        return true
    }

    /// Fetches an image from its registry.
    ///
    /// - Parameter progress: hears how many bytes of it have come.
    /// - Throws: `blobUnavailable` with what the engine says, or `CancellationError`.
    func pull(_ image: ImageReference, progress: @escaping @Sendable (Int64) -> Void) async throws {
        let said = PullProgress.Reading()
        let answer = try await socket.stream(.POST, "/images/create?fromImage=\(image.text)") { piece in
            progress(said.take(piece.readableBytesView))
        }
        let complaint = answer.status == 200 ? said.complaint : Self.words(of: answer)
        if let complaint { throw AgentError(.blobUnavailable, complaint) }
    }

    /// Makes a container; its id.
    func create(_ request: ContainerRequest, name: String) throws(AgentError) -> String {
        guard let body = try? JSONCoding.encode(request) else {
            throw AgentError(.start, "the container's description cannot be written")
        }
        let answer = try asked(.POST, "/containers/create?name=\(name)", body: body)
        return try decode(Created.self, from: answer, of: "the container's id").id
    }

    func start(_ id: String) throws(AgentError) { _ = try asked(.POST, "/containers/\(id)/start") }

    /// What the engine says of a container; `nil` when it does not know it.
    func state(of id: String) throws(AgentError) -> ContainerState? {
        let answer = try socket.ask(.GET, "/containers/\(id)/json", within: .seconds(20))
        guard answer.status != 404 else { return nil }
        return try decode(
            ContainerState.self,
            from: try checked(answer, "inspect a container"),
            of: "a container's state"
        )
    }

    func kill(_ id: String, signal: String) throws(AgentError) {
        _ = try asked(.POST, "/containers/\(id)/kill?signal=SIG\(signal)", within: .seconds(20))
    }

    /// Ends a container and forgets it, with its anonymous volumes; one that is not there is no failure.
    func remove(_ name: String, within limit: TimeAmount = .seconds(60)) throws(AgentError) {
        let answer = try socket.ask(.DELETE, "/containers/\(name)?force=true&v=true", within: limit)
        if answer.status != 404 { _ = try checked(answer, "remove container \(name)") }
    }

    /// The containers that an agent has made: ids by the starts that they were made for.
    func containers(of agent: String, within limit: TimeAmount) throws(AgentError) -> [(id: String, start: String)] {
        // {"label":["muster.agent=NAME"]}: a name is of letters, digits and '-'.
        let filter = "%7B%22label%22%3A%5B%22\(Self.agentLabel)%3D\(agent)%22%5D%7D"
        let answer = try asked(.GET, "/containers/json?all=true&filters=\(filter)", within: limit)
        return try decode([Listed].self, from: answer, of: "its containers").compactMap { listed in
            guard let labels = listed.labels, labels[Self.agentLabel] == agent else { return nil }
            return (listed.id, labels[Self.startLabel] ?? "")
        }
    }

    /// The last lines that a container has written.
    func tail(of id: String) throws(AgentError) -> [UInt8] {
        try asked(.GET, "/containers/\(id)/logs?stdout=true&stderr=true&timestamps=true&tail=50").body
    }

    /// Hands over what a container writes, from an instant on, until its output ends or the task is cancelled.
    ///
    /// - Parameter since: seconds since 1970.
    func follow(
        _ id: String,
        since: Int64,
        take: @escaping @Sendable (ByteBuffer) async throws -> Void
    ) async throws -> Bool {
        let query = "stdout=true&stderr=true&timestamps=true&follow=true&since=\(since)"
        return try await socket.stream(.GET, "/containers/\(id)/logs?\(query)", take: take).status == 200
    }

    private func asked(
        _ method: HTTPMethod,
        _ uri: String,
        body: [UInt8]? = nil,
        within limit: TimeAmount = .seconds(60)
    ) throws(AgentError) -> HTTPAnswer {
        let path = uri.prefix { $0 != "?" }
        return try checked(try socket.ask(method, uri, body: body, within: limit), "do \(method.rawValue) \(path)")
    }

    private func checked(_ answer: HTTPAnswer, _ what: String) throws(AgentError) -> HTTPAnswer {
        guard (200..<300).contains(answer.status) || answer.status == 304 else {
            throw AgentError(
                .start,
                "the container engine at \(socket.path) did not \(what): \(Self.words(of: answer))"
            )
        }
        return answer
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type,
        from answer: HTTPAnswer,
        of what: String
    ) throws(AgentError) -> Value {
        do {
            return try JSONCoding.decode(type, from: answer.body)
        } catch {
            throw AgentError(
                .start,
                "the engine at \(socket.path) does not say \(what) as Docker's API has it",
                cause: error
            )
        }
    }

    private static func words(of answer: HTTPAnswer) -> String {
        let said = (try? JSONCoding.decode(Complaint.self, from: answer.body))?.message
        let text = said ?? String(decoding: answer.body.prefix(200), as: UTF8.self)
        return "\(text.prefix(600)) (\(answer.status))"
    }
}

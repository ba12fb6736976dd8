import Fleet
import NIOCore

/// A server that runs already, asked over the Open Inference Protocol's model repository extension. Every answer is bounded in
/// time and size.
struct RepositoryServer: Sendable {
    /// What a server says of itself and of a model.
    private static let question = TimeAmount.seconds(5)
    /// Unloading is begun before it answers; loading is done.
    static let unloading = TimeAmount.seconds(30)
    private static let loading = TimeAmount.seconds(540)
    /// The most of a server's own words in a message, in characters: a traceback's beginning and end say what there is to say.
    private static let wordsLimit = 600

    let http: HTTPProbe
    let port: UInt16

    /// `127.0.0.1:8000`.
    var place: String { http.address.contains(":") ? "[\(http.address)]:\(port)" : "\(http.address):\(port)" }

    /// What was heard.
    enum Answer<Value: Sendable>: Sendable {
        case said(Value)
        /// Nobody listens: what it held is gone.
        case absent(String)
        /// No answer, or none that can be read: what it holds is not known.
        case silent(String)
    }

    /// What it holds.
    ///
    /// - Throws: `refused` when it answers with something else.
    func index() async throws -> Answer<RepositoryIndex> {
        switch await ask("/v2/repository/index", body: "{}", within: Self.question) {
        case .absent(let why): return .absent(why)
        case .silent(let why): return .silent(why)
        case .said(let answer):
            guard answer.status == 200 else {
                throw AgentError(
                    .refused,
                    "the server at \(place) does not list its models: it answers \(answer.status)\(Self.words(answer)); "
                        + "see that it is a Triton, or another server with the model repository extension of the Open Inference Protocol"
                )
            }
            guard let index = try? JSONCoding.decode(RepositoryIndex.self, from: answer.body) else {
                throw AgentError(
                    .refused,
                    "the server at \(place) lists its models in a form that the Open Inference Protocol does not have"
                        + "\(Self.words(answer)); see what listens there (`ss -ltnp 'sport = :\(port)'`)"
                )
            }
            return .said(index)
        }
    }

    /// Whether a model answers, whatever its version.
    func isReady(_ model: String) async -> Answer<Bool> {
        switch await ask("/v2/models/\(model)/ready", within: Self.question) {
        case .absent(let why): .absent(why)
        case .silent(let why): .silent(why)
        case .said(let answer): .said(answer.status == 200)
        }
    }

    /// Loads a model, in the place of what it holds under that name; that goes on where it cannot be loaded.
    ///
    /// - Returns: why it is not known whether it does, for people; `nil` when it has loaded it.
    /// - Throws: `start` with the server's own words, or when nobody listens: then it is not loaded.
    func load(_ model: String) async throws -> String? {
        switch await ask("/v2/repository/models/\(model)/load", body: "{}", within: Self.loading) {
        case .absent(let why):
            throw AgentError(.start, "the server at \(place) did not load model '\(model)': \(why)")
        case .silent(let why):
            return "the server at \(place) has not said whether it loads model '\(model)': \(why)"
        case .said(let answer):
            guard answer.status != 200 else { return nil }
            throw AgentError(
                .start,
                "the server at \(place) did not load model '\(model)': it answers \(answer.status)\(Self.words(answer))"
            )
        }
    }

    /// Begins to unload a model; what is not loaded is no failure.
    ///
    /// - Throws: `start` when it does not take the order, or does not answer. Nothing when nobody listens: then nothing is
    ///   loaded either.
    func unload(_ model: String, within limit: TimeAmount = unloading) async throws {
        let problem: String
        switch await ask("/v2/repository/models/\(model)/unload", body: "{}", within: limit) {
        case .absent: return
        case .silent(let why): problem = why
        case .said(let answer):
            guard answer.status != 200 else { return }
            problem = "it answers \(answer.status)\(Self.words(answer))"
        }
        throw AgentError(.start, "the server at \(place) does not unload model '\(model)': \(problem)")
    }

    private func ask(_ path: String, body: String? = nil, within limit: TimeAmount) async -> Answer<HTTPAnswer> {
        do {
            return .said(try await http.ask(port: port, path: path, body: body.map { Array($0.utf8) }, timeout: limit))
        } catch {
            let why = HTTPProbe.words(for: error)
            return HTTPProbe.isRefusal(error) ? .absent(why) : .silent(why)
        }
    }

    /// What the server says went wrong: `error` of its JSON, or the text.
    private static func words(_ answer: HTTPAnswer) -> String {
        struct Failure: Decodable { var error: String }
        let said = (try? JSONCoding.decode(Failure.self, from: answer.body))?.error
        let text = said ?? String(decoding: answer.body.prefix(4096), as: UTF8.self)
        let clean = text.split { $0.isNewline || $0.isWhitespace }.joined(separator: " ")
        guard !clean.isEmpty else { return "" }
        let half = wordsLimit / 2
        return clean.count > wordsLimit ? ": \(clean.prefix(half)) … \(clean.suffix(half))" : ": \(clean)"
    }
}

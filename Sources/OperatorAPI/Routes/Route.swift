import Hummingbird

/// One operation of the API: which requests are meant, and what answers them.
struct Route: Sendable {
    /// What a request may carry.
    enum Content: Sendable {
        case nothing
        case json
        /// Bytes of any kind, up to `BlobRoutes.limit`.
        case blob
    }

    /// Who may ask.
    enum Handler: Sendable {
        /// Anybody: nothing of the fleet is told.
        case open(@Sendable () -> RouteAnswer)
        case operators(@concurrent @Sendable (RouteCall) async throws -> RouteAnswer)
    }

    let method: HTTPRequest.Method
    /// `/v1/projects/{project}/hosts/{name}`, as in `Protocols/openapi.yaml`.
    let template: String
    /// The query parameters that have an effect.
    let query: [String]
    let content: Content
    /// What reads its JSON body: more than one where the query decides.
    let readers: [@Sendable ([UInt8]) -> JSONBodyVerdict]
    /// Whether it counts for how often an operator may ask. A push asks for each of thousands of files; and whoever takes load
    /// or risk off the fleet is not turned away because a program with the same token asks in a loop: rollbacks, holds,
    /// pauses, aborts, cancels, and the revocation of tokens and hosts. A rehearsal puts load on it, and counts.
    let isCounted: Bool
    /// Whether everybody who may ask gets the same answer, so that one who asks at the same time may share it.
    let isShared: Bool
    let handler: Handler
    private let segments: [Substring]
    /// The segments that are no variables, and where they stand.
    private let words: [(place: Int, word: String)]

    init(
        _ method: HTTPRequest.Method,
        _ template: String,
        query: [String] = [],
        content: Content = .nothing,
        readers: [@Sendable ([UInt8]) -> JSONBodyVerdict] = [],
        isCounted: Bool = true,
        isShared: Bool = false,
        handler: Handler
    ) {
        self.method = method
        self.template = template
        self.query = query
        self.content = content
        self.readers = readers
        self.isCounted = isCounted
        self.isShared = isShared
        self.handler = handler
        segments = template.split(separator: "/", omittingEmptySubsequences: false)
        words = segments.enumerated().filter { !$1.hasPrefix("{") }.map { ($0, String($1)) }
    }

    /// An operation of operators within a project.
    static func inProject(
        _ method: HTTPRequest.Method,
        _ path: String,
        query: [String] = [],
        content: Content = .nothing,
        readers: [@Sendable ([UInt8]) -> JSONBodyVerdict] = [],
        isCounted: Bool = true,
        isShared: Bool = false,
        _ handler: @escaping @concurrent @Sendable (RouteCall) async throws -> RouteAnswer
    ) -> Route {
        Route(
            method,
            "\(RouteTable.project)\(path)",
            query: query,
            content: content,
            readers: readers,
            isCounted: isCounted,
            isShared: isShared,
            handler: .operators(handler)
        )
    }

    /// The path's variables when the path is meant; `nil` for another path. Variables are never empty.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count, words.allSatisfy({ path[$0.place] == $0.word }) else { return nil }
        var variables: [String: String] = [:]
        for (segment, text) in zip(segments, path) where segment.hasPrefix("{") {
            guard !text.isEmpty else { return nil }
            variables[String(segment.dropFirst().dropLast())] = text
        }
        return variables
    }

    /// The fixed word that this path has where the given one differs from it, if that is the only difference.
    func word(insteadOfOneIn path: [String]) -> (wrong: String, right: String)? {
        guard path.count == segments.count else { return nil }
        let wrong = zip(segments, path).filter { !$0.hasPrefix("{") && $0 != $1 }
        guard wrong.count == 1, let (right, found) = wrong.first else { return nil }
        return (found, String(right))
    }
}

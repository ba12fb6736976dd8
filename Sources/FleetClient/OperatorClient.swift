import AsyncHTTPClient
package import Fleet
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// A typed client of the operator API. It trusts exactly the authority of its profile and speaks TLS 1.3 only.
///
/// Its owner calls `shutdown()` when it is done, whatever happened before.
package final class OperatorClient: Sendable {
    /// The most that an answer may hold, in bytes.
    package static let answerLimit = 64 << 20
    /// How long a call may take when nobody says.
    package static let usualTimeout = Span.seconds(60)

    /// Where and as whom it calls.
    package let profile: OperatorProfile
    let http: HTTPClient
    /// How long a call may take.
    let timeout: Span

    /// Makes a client; it connects with its first call.
    ///
    /// - Parameter timeout: how long a call may take.
    package init(profile: OperatorProfile, timeout: Span = usualTimeout) throws(ClientError) {
        self.profile = profile
        self.timeout = timeout
        _ = try ServerURL.origin(of: profile.url)
        let roots: [NIOSSLCertificate]
        do {
            roots = try NIOSSLCertificate.fromPEMBytes(Array(profile.authorityPEM.utf8))
        } catch {
            throw ClientError(
                .configuration,
                "the authority's certificate in the profile of \(profile.url) cannot be read",
                hint: "log in again: muster login \(profile.url) --credentials FILE",
                cause: error
            )
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.trustRoots = .certificates(roots)
        http = Self.http(tls)
    }

    static func http(_ tls: TLSConfiguration) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // A person is told at once that nobody answers; who follows something tries again with words.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes every connection.
    package func shutdown() async {
        try? await http.shutdown()
    }

    // MARK: Reading

    /// Who the token belongs to.
    package func whoAmI() async throws(ClientError) -> WhoAmIView {
        try await call(.GET, "/v1/whoami")
    }

    /// The objects of a collection whose labels a selector matches; of a long list page by page. Its revision is the first
    /// page's: whoever watches from there misses nothing.
    package func list<View>(
        _ collection: ObjectCollection<View>,
        selector: String? = nil
    ) async throws(ClientError) -> Listing<View> {
        let limit = collection.page.map { ("limit", String?("\($0)")) }
        var query = [("labelSelector", selector), limit].compactMap { $0 }
        var whole: Listing<View> = try await call(.GET, project("/\(collection.path)", query: query))
        while let next = whole.next {
            query.removeAll { $0.0 == "after" }
            query.append(("after", next))
            let page: Listing<View> = try await call(.GET, project("/\(collection.path)", query: query))
            whole.items += page.items
            whole.next = page.next
        }
        return whole
    }

    /// A line of every host whose labels a selector matches, by name: much less than the list of hosts, and sooner there.
    package func hostLines(selector: String? = nil) async throws(ClientError) -> HostLines {
        try await call(.GET, project("/hostsummaries", query: [("labelSelector", selector)]))
    }

    /// One object.
    package func get<View>(_ collection: ObjectCollection<View>, _ name: String) async throws(ClientError) -> View {
        try await call(.GET, project("/\(collection.path)/\(Self.escaped(name))"))
    }

    /// The newest rollout of a deployment.
    ///
    /// - Parameter all: whether every host of a long list is shown.
    package func rollout(of deployment: String, all: Bool = false) async throws(ClientError) -> RolloutView {
        let query = [("all", all ? "true" : nil)]
        return try await call(.GET, project("/deployments/\(Self.escaped(deployment))/rollout", query: query))
    }

    /// A deployment's rollouts, the newest first, without their hosts.
    package func rolloutHistory(
        of deployment: String,
        limit: Int? = nil
    ) async throws(ClientError) -> Listing<RolloutView> {
        let query = [("limit", limit.map { "\($0)" })]
        return try await call(.GET, project("/deployments/\(Self.escaped(deployment))/rollout/history", query: query))
    }

    /// The newest figures of every host and replica.
    package func figures() async throws(ClientError) -> FiguresView {
        try await call(.GET, project("/figures"))
    }

    /// Why a deployment is not where it should be; empty when it is.
    package func explain(_ deployment: String) async throws(ClientError) -> [Explanation] {
        let view: ExplanationsView = try await call(.GET, project("/deployments/\(Self.escaped(deployment))/explain"))
        return view.explanations
    }

    // MARK: Changing

    /// What applying documents would do. Each document is the text of one JSON object.
    ///
    /// - Parameter all: whether every host of a long plan is listed.
    package func plan(
        documents: [String],
        options: ApplySettings = ApplySettings(),
        all: Bool = false
    ) async throws(ClientError) -> PlanView {
        let query = [("all", all ? "true" : nil)]
        let body = Self.object([("documents", Self.list(documents))] + options.members)
        return try await call(.POST, project("/plan", query: query), body: body)
    }

    /// Applies documents, all or none. Each document is the text of one JSON object.
    package func apply(
        documents: [String],
        reason: String?,
        options: ApplySettings = ApplySettings()
    ) async throws(ClientError) -> ApplyView {
        let members = [("documents", Self.list(documents)), ("reason", reason.map(Self.quoted))]
        let body = Self.object(members + options.members)
        return try await call(.POST, project("/apply"), body: body)
    }

    /// Deletes an object.
    ///
    /// - Parameter allowRemoval: `nil` for kinds that run nothing.
    package func delete(
        path: String,
        name: String,
        reason: String?,
        allowRemoval: Bool?
    ) async throws(ClientError) -> ApplyView {
        let query = [("reason", reason), ("allowRemoval", allowRemoval == true ? "true" : nil)]
        return try await call(.DELETE, project("/\(path)/\(Self.escaped(name))", query: query))
    }

    /// Says something to a deployment's rollout, and answers where it stands then.
    package func command(
        _ command: RolloutCommand,
        rolloutOf deployment: String,
        reason: String?
    ) async throws(ClientError) -> RolloutView {
        var members = [("reason", reason.map(Self.quoted))]
        switch command {
        case .promote(let full): members.append(("full", full ? "true" : nil))
        case .skip(let host): members.append(("host", Self.quoted(host)))
        case .pause, .resume, .abort, .cancel, .retry: break
        }
        let path = "/deployments/\(Self.escaped(deployment))/rollout/\(command.verb)"
        return try await call(.POST, project(path), body: Self.object(members))
    }

    /// Lifts a hold; nothing moves by itself.
    package func liftHold(_ id: String, reason: String?) async throws(ClientError) -> HoldView {
        let body = Self.object([("reason", reason.map(Self.quoted))])
        return try await call(.POST, project("/holds/\(Self.escaped(id))/lift"), body: body)
    }

    /// Makes enrolment tokens.
    package func createHostTokens(
        labels: [String: String],
        ttl: Span,
        count: Int
    ) async throws(ClientError) -> HostTokensView {
        let labels = JSONValue.object(labels.mapValues { .string($0) }).compactText
        let body = Self.object([("labels", labels), ("ttl", Self.quoted(ttl.description)), ("count", "\(count)")])
        return try await call(.POST, project("/hosttokens"), body: body)
    }

    // MARK: Bodies

    static func object(_ members: [(String, String?)]) -> String {
        let texts = members.compactMap { key, value in value.map { "\(quoted(key)):\($0)" } }
        return "{\(texts.joined(separator: ","))}"
    }

    static func list(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }

    static func quoted(_ text: String) -> String { JSONValue.string(text).compactText }

    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? text
    }

    func project(_ path: String, query: [(String, String?)] = []) -> String {
        "/v1/projects/\(Self.escaped(profile.project))\(path)\(Self.query(query))"
    }

    static func query(_ pairs: [(String, String?)]) -> String {
        let pairs = pairs.compactMap { key, value in value.map { "\(key)=\(escaped($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}

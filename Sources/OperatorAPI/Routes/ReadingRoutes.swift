import Fleet
import FleetController
import Hummingbird
import NIOCore

/// Lists, single objects, and why they are where they are.
enum ReadingRoutes {
    static var all: [Route] {
        [
            Route(.get, "/v1/whoami", handler: .operators(whoAmI)),
            Route(.get, "/metrics", handler: .operators(metrics)),
        ]
            + collection("models", list: { try await $0.models($1) }, name: \.model.name)
            + collection("modelversions", list: { try await $0.modelVersions($1) }, name: \.modelVersion.name)
            + collection("runtimes", list: { try await $0.runtimes($1) }, name: \.runtime.name)
            + deployments
            + hosts
            + collection("rollouts", list: rollouts, name: \.deployment)
            + [
                .inProject(.get, "/holds", query: ["labelSelector"]) { call in
                    try .json(try await holds(call.operations, try call.query.labelSelector()))
                },
                .inProject(.get, "/deployments/{name}/explain", isShared: true, explain),
                .inProject(.get, "/figures") { call in try .json(try await call.operations.figures()) },
            ]
    }

    /// One deployment is read by itself: the list holds every host of every one.
    private static var deployments: [Route] {
        [
            .inProject(.get, "/deployments", query: ["labelSelector", "limit", "after"], isShared: true) { call in
                let selector = try call.query.labelSelector()
                return try .json(try await call.operations.deployments(selector, page: try call.query.page()))
            },
            .inProject(.get, "/deployments/{name}", isShared: true) { call in
                try .json(try await call.operations.deployment(named: call.parameter("name")))
            },
        ]
    }

    private static var hosts: [Route] {
        [
            .inProject(.get, "/hosts", query: ["labelSelector", "limit", "after"]) { call in
                let selector = try call.query.labelSelector()
                return try .json(try await call.operations.hosts(selector, page: try call.query.page()))
            },
            .inProject(.get, "/hostsummaries", query: ["labelSelector"]) { call in
                let summaries = try await call.operations.hostSummaries(try call.query.labelSelector())
                return RouteAnswer(
                    headers: [.contentType: "application/json"],
                    body: ResponseBody(byteBuffer: HostSummariesText.json(summaries))
                )
            },
            .inProject(.get, "/hosts/{name}") { call in
                let view = try await call.operations.host(named: call.parameter("name"))
                return RouteAnswer(
                    headers: [.contentType: "application/json"],
                    body: ResponseBody(byteBuffer: try call.hostTexts.json(view))
                )
            },
        ]
    }

    private static func whoAmI(_ call: RouteCall) throws -> RouteAnswer {
        try .json(
            WhoAmIView(name: call.identity.name, role: call.identity.role.rawValue, version: call.operations.version)
        )
    }

    /// Prometheus text format 0.0.4; a scraper sends a bearer token like everybody else.
    @concurrent private static func metrics(_ call: RouteCall) async throws -> RouteAnswer {
        RouteAnswer(
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: try await call.operations.metrics()))
        )
    }

    /// The two routes of every kind: the list, and one object by its name.
    private static func collection<View: Codable & Sendable>(
        _ path: String,
        list: @escaping @Sendable (FleetOperations, LabelSelector?) async throws -> Listing<View>,
        name: @escaping @Sendable (View) -> String
    ) -> [Route] {
        [
            .inProject(.get, "/\(path)", query: ["labelSelector"], isShared: true) { call in
                try .json(try await list(call.operations, try call.query.labelSelector()))
            },
            .inProject(.get, "/\(path)/{name}", isShared: true) { call in
                try .json(try find(call.parameter("name"), in: path, try await list(call.operations, nil), name: name))
            },
        ]
    }

    /// Rollouts bear their deployments' labels.
    private static func rollouts(
        _ operations: FleetOperations,
        _ selector: LabelSelector?
    ) async throws -> Listing<RolloutView> {
        var listing = try await operations.rollouts()
        if let selector {
            let names = Set(try await operations.deployments(selector).items.map(\.deployment.name))
            listing.items.removeAll { !names.contains($0.deployment) }
        }
        return listing
    }

    /// Holds bear their deployments' labels.
    private static func holds(
        _ operations: FleetOperations,
        _ selector: LabelSelector?
    ) async throws -> Listing<HoldView> {
        var listing = try await operations.holds()
        if let selector {
            let names = Set(try await operations.deployments(selector).items.map(\.deployment.name))
            listing.items.removeAll { !names.contains($0.deployment) }
        }
        return listing
    }

    @concurrent private static func explain(_ call: RouteCall) async throws -> RouteAnswer {
        let view = try await call.operations.deployment(named: call.parameter("name"))
        return try .json(ExplanationsView(explanations: view.explanations))
    }

    /// One object of a list, or a problem with the nearest name.
    private static func find<View>(
        _ wanted: String,
        in path: String,
        _ listing: Listing<View>,
        name: (View) -> String
    ) throws -> View {
        if let view = listing.items.first(where: { name($0) == wanted }) { return view }
        let nearest = NearestName.of(wanted, among: listing.items.map(name))
        throw APIError(
            .notFound,
            "there is no '\(wanted)' among the \(path)",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster get \(path)'"
        )
    }
}

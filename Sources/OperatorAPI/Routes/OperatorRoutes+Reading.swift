import Fleet
import FleetController
import Hummingbird

extension OperatorRoutes {
    func addReading(to project: RouterGroup<OperatorContext>) {
        add(to: project, "models", list: operations.models) { $0.model.name }
        add(to: project, "modelversions", list: operations.modelVersions) { $0.modelVersion.name }
        add(to: project, "runtimes", list: operations.runtimes) { $0.runtime.name }
        add(to: project, "deployments", list: operations.deployments) { $0.deployment.name }
        add(to: project, "hosts", list: operations.hosts) { $0.host.name }
        add(to: project, "rollouts", list: { _ in try await operations.rollouts() }, name: { $0.deployment })
        add(to: project, "holds", list: { _ in try await operations.holds() }, name: { $0.hold.id })
        project.get("/deployments/:name/explain") { request, context in
            _ = try RequestReader.query(of: request, accepted: [])
            let name = try context.parameters.require("name")
            let view = try Self.find(name, in: try await operations.deployments(nil), "deployments") {
                $0.deployment.name
            }
            return JSONAnswer.response(view.explanations)
        }
        project.get("/deployments/:name/rollout") { request, context in
            _ = try RequestReader.query(of: request, accepted: [])
            let name = try context.parameters.require("name")
            let deployments = try await operations.deployments(nil)
            _ = try Self.find(name, in: deployments, "deployments") { $0.deployment.name }
            guard let view = try await operations.rollouts().items.first(where: { $0.deployment == name }) else {
                throw ProblemAnswer(
                    "not-found",
                    .notFound,
                    "deployment '\(name)' has had no rollout yet",
                    hint: "see 'muster explain deployment/\(name)'"
                )
            }
            return JSONAnswer.response(view)
        }
    }

    /// The two routes that every kind has: the list, and one object by its name.
    private func add<View: Codable & Sendable>(
        to project: RouterGroup<OperatorContext>,
        _ path: String,
        list: @escaping @Sendable (LabelSelector?) async throws -> Listing<View>,
        name: @escaping @Sendable (View) -> String
    ) {
        // Rollouts and holds bear no labels: a selector there would be a parameter without effect.
        let hasLabels = path != "rollouts" && path != "holds"
        project.get("/\(path)") { request, _ in
            if !hasLabels { _ = try RequestReader.query(of: request, accepted: []) }
            return JSONAnswer.response(try await list(try RequestReader.selector(of: request)))
        }
        project.get("/\(path)/:name") { request, context in
            _ = try RequestReader.query(of: request, accepted: [])
            let wanted = try context.parameters.require("name")
            return JSONAnswer.response(try Self.find(wanted, in: try await list(nil), path, name: name))
        }
    }

    /// One object of a list, or a problem with the nearest name.
    static func find<View>(
        _ wanted: String,
        in listing: Listing<View>,
        _ path: String,
        name: (View) -> String
    ) throws -> View {
        if let view = listing.items.first(where: { name($0) == wanted }) { return view }
        let nearest = NearestName.of(wanted, among: listing.items.map(name))
        throw ProblemAnswer(
            "not-found",
            .notFound,
            "there is no '\(wanted)' among the \(path)",
            hint: nearest.map { "did you mean '\($0)'?" } ?? "see 'muster get \(path)'"
        )
    }
}

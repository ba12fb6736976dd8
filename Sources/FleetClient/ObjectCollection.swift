package import Fleet

/// A collection of the operator API together with the view that it answers.
package struct ObjectCollection<View: Codable & Sendable>: Sendable {
    /// The part of the path.
    package let path: String
    /// How many objects are asked for at once; `nil` for the whole list.
    let page: Int?

    private init(_ path: String, page: Int?) {
        self.path = path
        self.page = page
    }

    /// The same, asked for so many at once.
    func paged(by page: Int) -> ObjectCollection { ObjectCollection(path, page: page) }

    fileprivate static func named(_ path: String, page: Int? = nil) -> ObjectCollection {
        ObjectCollection(path, page: page)
    }
}

extension ObjectCollection<ModelView> {
    /// The catalogue.
    package static var models: ObjectCollection<ModelView> { .named("models") }
}

extension ObjectCollection<ModelVersionView> {
    /// Versions of models.
    package static var modelVersions: ObjectCollection<ModelVersionView> { .named("modelversions") }
}

extension ObjectCollection<RuntimeView> {
    /// How models are served.
    package static var runtimes: ObjectCollection<RuntimeView> { .named("runtimes") }
}

extension ObjectCollection<DeploymentView> {
    /// What should run where.
    package static var deployments: ObjectCollection<DeploymentView> { .named("deployments", page: 500) }
}

extension ObjectCollection<HostView> {
    /// Hosts that have enrolled.
    package static var hosts: ObjectCollection<HostView> { .named("hosts", page: 2_000) }
}

extension ObjectCollection<RolloutView> {
    /// Rollouts; their names are their deployments'.
    package static var rollouts: ObjectCollection<RolloutView> { .named("rollouts") }
}

extension ObjectCollection<RollbackView> {
    /// Rollbacks and drills; their names are their ids.
    package static var rollbacks: ObjectCollection<RollbackView> { .named("rollbacks") }
}

extension ObjectCollection<HoldView> {
    /// What is condemned; their names are their ids.
    package static var holds: ObjectCollection<HoldView> { .named("holds") }
}

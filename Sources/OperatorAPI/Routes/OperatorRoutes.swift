import Fleet
import FleetController
import FleetManifest
import Hummingbird

/// What the operator API answers: each route is a few lines over one method of `FleetOperations`.
struct OperatorRoutes: Sendable {
    let operations: FleetOperations
    let authorityPEM: String

    /// Registers every route.
    func add(to router: Router<OperatorContext>) {
        router.get("/v1/authority") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/x-pem-file"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: authorityPEM))
            )
        }
        router.get("/v1/whoami") { _, context in
            let identity = try context.operatorIdentity()
            return JSONAnswer.response(
                WhoAmIView(name: identity.name, role: identity.role, version: operations.version)
            )
        }
        let project = router.group("/v1/projects/:project")
            .add(middleware: ProjectMiddleware())
        addReading(to: project)
        addChanges(to: project)
        addBlobs(to: project)
        project.get("/watch", use: watch)
    }
}

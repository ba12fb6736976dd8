import Fleet
import FleetController
import Hummingbird

extension OperatorRoutes {
    func addBlobs(to project: RouterGroup<OperatorContext>) {
        project.head("/blobs/sha256/:hex") { _, context in
            guard operations.blobSize(try Self.digest(in: context)) != nil else { return Response(status: .notFound) }
            return Response(status: .ok)
        }
        project.put("/blobs/sha256/:hex") { request, context in
            let digest = try Self.digest(in: context)
            let identity = try context.operatorIdentity()
            // Straight to disk, piece by piece: the connection's back-pressure is the bound.
            var upload = try operations.receiveBlob(digest)
            for try await piece in request.body { try upload.write(piece) }
            try await operations.keep(upload, as: digest, by: identity)
            return Response(status: .created)
        }
    }

    private static func digest(in context: OperatorContext) throws -> Digest {
        let hex = try context.parameters.require("hex")
        guard let digest = Digest(hex: hex) else {
            throw ProblemAnswer(
                "invalid",
                .badRequest,
                "'\(hex)' is not a SHA-256 digest",
                hint: "write 64 lowercase hexadecimal digits"
            )
        }
        return digest
    }
}

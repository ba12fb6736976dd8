import FleetSecurity
import FoundationEssentials

/// Where the swarm keeps its identities between runs: one 0600 file each, and the authority that signed them.
struct IdentityDirectory: Sendable {
    private let path: String

    /// Opens a directory, and makes it if it does not exist.
    init(creating path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Opens a directory that `enroll` has filled.
    init(existing path: String) throws(SwarmError) {
        self.path = path
        guard FileManager.default.fileExists(atPath: "\(path)/authority.pem") else {
            throw SwarmError("\(path) holds no identities; fill it with `muster-swarm enroll --out \(path)`")
        }
    }

    /// The trust anchors (PEM) that the identities were enrolled under; nil when there are none yet.
    func authority() throws -> String? {
        let file = "\(path)/authority.pem"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return try SecretFile.readText(file)
    }

    /// Keeps the trust anchors; refuses others than those that are there.
    func keep(authority: String) throws {
        if let present = try self.authority() {
            guard present == authority else {
                throw SwarmError(
                    "\(path) holds identities of another controller; name another directory with --out, or remove this one"
                )
            }
            return
        }
        try SecretFile.write(authority, to: "\(path)/authority.pem")
    }

    /// Keeps one identity.
    func keep(_ identity: SwarmIdentity) throws {
        try SecretFile.write(JSONEncoder().encode(identity), to: "\(path)/\(identity.name).json")
    }

    /// The identities by name: at most so many.
    func identities(limit: Int = .max) throws -> [SwarmIdentity] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }.sorted()
        return try names.prefix(limit).map { name in
            try JSONDecoder().decode(SwarmIdentity.self, from: Data(SecretFile.read("\(path)/\(name)")))
        }
    }
}

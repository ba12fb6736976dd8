import Fleet
import FleetSecurity
import FleetStore
import Foundation
import Glibc

/// What a controller keeps in its data directory besides the database and the blobs: its authority and the first
/// admin's credentials. Files come before the rows that need them, so that a stop between the two is harmless.
struct ControllerFiles {
    private let directory: String

    /// The first admin's credentials as `muster login --credentials` reads them.
    private struct Credentials: Codable {
        var url: String
        var token: String
        var authority: String
    }

    init(directory: String) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ControllerError(
                .unavailable,
                "the data directory \(directory) cannot be made: \(error.localizedDescription)",
                hint: "give a directory that this user may write to: --data DIR"
            )
        }
    }

    var database: String { "\(directory)/fleet.sqlite" }
    var telemetry: String { "\(directory)/telemetry.sqlite" }
    var blobs: String { "\(directory)/blobs" }
    var credentials: String { "\(directory)/admin-credentials" }

    /// Reads the authority, or makes it at the first start.
    func authority(trustDomain: String, now: Instant) throws -> CertificateAuthority {
        let keyPath = "\(directory)/authority-key.pem"
        let certificatePath = "\(directory)/authority.pem"
        guard exists(keyPath) else {
            guard !exists(certificatePath), !exists(database) else {
                throw ControllerError(
                    .unavailable,
                    "the authority's key is gone from \(keyPath), but this controller has been used",
                    hint: "restore it from a backup: without it every host would have to enrol again"
                )
            }
            let authority = try CertificateAuthority.create(trustDomain: trustDomain, now: now)
            // The certificate first: a key without one would look whole.
            try SecretFile.write(authority.certificatePEM, to: "\(certificatePath).new")
            try SecretFile.write(authority.keyPEM, to: keyPath)
            try rename("\(certificatePath).new", to: certificatePath)
            return authority
        }
        // A stop between the two renames of the first start.
        if !exists(certificatePath), exists("\(certificatePath).new") {
            try rename("\(certificatePath).new", to: certificatePath)
        }
        return try CertificateAuthority(
            certificatePEM: try SecretFile.readText(certificatePath),
            keyPEM: try SecretFile.readText(keyPath)
        )
    }

    /// The first admin's token: kept from an interrupted first start, or new. Written with 0600.
    func firstAdmin(url: String, authority: Digest) throws -> OperatorToken {
        if let bytes = try? SecretFile.read(credentials),
            let known = try? JSONDecoder().decode(Credentials.self, from: Data(bytes)),
            let token = try? OperatorToken.parse(known.token)
        {
            return token
        }
        let token = OperatorToken.generate()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let content = Credentials(url: url, token: token.text, authority: authority.description)
        try SecretFile.write(Array(try encoder.encode(content)) + [0x0A], to: credentials)
        return token
    }

    private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private func rename(_ old: String, to new: String) throws {
        guard unsafe Glibc.rename(old, new) == 0 else {
            throw ControllerError(.unavailable, "\(new) could not be written: errno \(errno)", hint: "see to the disk")
        }
    }
}

import DaemonKit
import Fleet
import FleetSecurity
import FoundationEssentials

/// An enrolment under way: `DIR/enrolling/attempt.json` (0600), written before the controller is asked. When its answer
/// is lost the next try with the same token is the same host's: neither the token nor the host's name is burnt.
struct EnrolmentAttempt: Sendable, Hashable, Codable {
    /// The digest of the token: the token itself stays a secret.
    private var token: Digest
    /// What tells the host from its clone.
    private(set) var instance: String
    /// The host's private key.
    private(set) var key: String

    /// Takes up the attempt that was begun with a token, or begins one.
    ///
    /// - Parameter instance: what the replicas that are there know their agent by; a new one when `nil`.
    /// - Throws: `SecurityError` when it cannot be read or written.
    init(token: String, instance known: String? = nil, in directory: String, random: RandomSource) throws {
        let digest = Digest(of: token.utf8)
        let path = Self.file(in: directory)
        if FileAccess.exists(path) {
            let bytes = try SecretFile.read(path)
            if let begun = try? JSONCoding.decode(Self.self, from: bytes), begun.token == digest {
                self = begun
                return
            }
        }
        self.token = digest
        instance = known ?? random.bytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        key = try HostKey.generate().pem
        try FileAccess.makeDirectory(FileAccess.parent(of: path))
        try SecretFile.write(try JSONCoding.encode(self), to: path)
    }

    /// The host is enrolled: there is nothing left to take up.
    static func forget(in directory: String) {
        FileAccess.remove(FileAccess.parent(of: file(in: directory)))
    }

    private static func file(in directory: String) -> String { "\(directory)/enrolling/attempt.json" }
}

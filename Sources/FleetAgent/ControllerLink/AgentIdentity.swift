import FleetSecurity
import FoundationEssentials

/// Who this host is: files apart from the journal, so that losing the journal loses no identity.
///
/// `agent.json` (settings made at enrolment), `key.pem` (0600), `certificate.pem`, `authority.pem`.
package struct AgentIdentity: Sendable {
    /// What enrolment wrote down.
    package struct Settings: Sendable, Hashable, Codable {
        /// The host's id.
        package var hostID: String
        /// The host's name.
        package var name: String
        /// Made at enrolment: tells a host from its clone.
        package var instance: String
        /// Where the controller is.
        package var controllerHost: String
        /// The controller's port for agents.
        package var controllerPort: Int
        /// The address that replicas bind and clients use.
        package var address: String
        /// Who is asked for a tunnel to the controller; absent for nobody.
        package var proxy: ProxySetting?
    }

    /// What enrolment wrote down.
    package private(set) var settings: Settings
    let keyPEM: String
    let authorityPEM: String
    private let directory: String
    private let newest = HeldCertificate()

    /// Reads the identity from an agent's data directory.
    ///
    /// - Throws: `AgentError` `enrolment` when the host is not enrolled or a file is damaged, with what to do.
    package init(directory: String) throws {
        self.directory = directory
        let path = "\(directory)/agent.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AgentError(
                .enrolment,
                "this host is not enrolled: there is no \(path); "
                    + "enrol it with 'muster-agent enroll --controller HOST:PORT --token TOKEN --data \(directory)'"
            )
        }
        do {
            settings = try JSONDecoder().decode(Settings.self, from: data)
        } catch {
            throw AgentError(.enrolment, "\(path) is damaged (\(error)); restore it, or enrol this host again")
        }
        keyPEM = try SecretFile.readText("\(directory)/key.pem")
        authorityPEM = try Self.text("\(directory)/authority.pem")
    }

    /// Writes a new identity; `agent.json` last, so that a stop in between leaves the host not enrolled rather than half.
    static func write(
        _ settings: Settings,
        keyPEM: String,
        certificatePEM: String,
        authorityPEM: String,
        to directory: String
    ) throws {
        try SecretFile.write(keyPEM, to: "\(directory)/key.pem")
        try SecretFile.write(certificatePEM, to: "\(directory)/certificate.pem")
        try SecretFile.write(authorityPEM, to: "\(directory)/authority.pem")
        try write(settings, to: directory)
    }

    private static func write(_ settings: Settings, to directory: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try SecretFile.write(Array(try encoder.encode(settings)), to: "\(directory)/agent.json")
    }

    /// Dials through another proxy from now on, and writes that down.
    mutating func setProxy(_ proxy: ProxySetting?) throws {
        guard proxy != settings.proxy else { return }
        settings.proxy = proxy
        try Self.write(settings, to: directory)
    }

    /// The newest certificate chain, read anew because it is renewed while the agent runs.
    func certificatePEM() throws -> String {
        try newest.pem ?? Self.text("\(directory)/certificate.pem")
    }

    /// Takes a new certificate for the key. One that cannot be written is used all the same, and written by
    /// `writeHeldCertificate` when that is possible again.
    ///
    /// - Throws: `AgentLinkError` for one that is of no use here: the one before stays.
    func replaceCertificate(_ pem: String) throws {
        guard try HostKey(pem: keyPEM).belongs(toCertificatePEM: pem) else {
            throw AgentLinkError("the controller's answer holds no certificate for this host's key; see its log")
        }
        newest.hold(pem)
        try writeHeldCertificate()
    }

    /// Writes a certificate that could not be written before; nothing when there is none.
    func writeHeldCertificate() throws {
        guard let pem = newest.pem else { return }
        try SecretFile.write(pem, to: "\(directory)/certificate.pem")
        newest.written(pem)
    }

    private static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AgentError(.enrolment, "\(path) is missing; restore it, or enrol this host again")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

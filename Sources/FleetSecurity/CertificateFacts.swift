package import Fleet
import FoundationEssentials
import SwiftASN1
import X509

/// What can be read from a certificate, without any judgement of whether to trust it.
package struct CertificateFacts: Sendable, Hashable {
    /// SHA-256 of its DER.
    package var digest: Digest
    /// Its serial number as lowercase hexadecimal digits, as `IssuedCertificate` has it.
    package var serialHex: String
    /// The beginning of its validity.
    package var notBefore: Instant
    /// The end of its validity.
    package var notAfter: Instant
    /// Its URI subject alternative names, in order.
    package var uriSANs: [String]
    /// The digest of the key that it binds, as `IssuedCertificate` has it.
    package var key: Digest

    /// The instant at which half of its validity is over: when a host renews.
    package var halfLife: Instant { notBefore + Span(milliseconds: (notAfter - notBefore).milliseconds / 2) }

    /// Reads one certificate, PEM. Throws `unreadable`.
    package init(pem: String) throws(SecurityError) {
        let certificate = try naming(.unreadable, "a certificate cannot be read: its PEM text is damaged; enrol again")
        {
            try Certificate(pemEncoded: pem)
        }
        try self.init(certificate)
    }

    /// Reads one certificate, DER. Throws `unreadable`.
    package init(der: [UInt8]) throws(SecurityError) {
        let certificate = try naming(.unreadable, "a certificate cannot be read: its DER is damaged; enrol again") {
            try Certificate(derEncoded: der)
        }
        try self.init(certificate)
    }

    private init(_ certificate: Certificate) throws(SecurityError) {
        digest = Digest(
            of: try naming(.unreadable, "a certificate cannot be written again") { try certificate.derBytes() }
        )
        serialHex = Self.hex(certificate.serialNumber.bytes)
        notBefore = Instant(certificate.notValidBefore)
        notAfter = Instant(certificate.notValidAfter)
        uriSANs = Self.uriNames(of: certificate)
        key = certificate.publicKey.digest
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func alternatives(of certificate: Certificate) -> [GeneralName] {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return Array(names)
    }

    static func uriNames(of certificate: Certificate) -> [String] {
        alternatives(of: certificate).compactMap {
            if case .uniformResourceIdentifier(let uri) = $0 { uri } else { nil }
        }
    }
}

extension Certificate {
    /// The certificate as it travels.
    func derBytes() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}

extension Date {
    /// An instant, or one so much earlier.
    init(_ instant: Instant, offset: Span = Span(milliseconds: 0)) {
        self.init(timeIntervalSince1970: Double((instant.milliseconds - offset.milliseconds) / 1000))
    }
}

extension Instant {
    /// A certificate's time, which has whole seconds.
    init(_ date: Date) {
        self.init(milliseconds: Int64(date.timeIntervalSince1970.rounded()) * 1000)
    }
}

extension RandomNumberGenerator {
    /// So many random bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}

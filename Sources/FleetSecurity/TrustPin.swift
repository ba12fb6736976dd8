package import Fleet
import SwiftASN1
import X509

/// A client's only knowledge of a controller before it is enrolled or logged in: the hash of its authority.
///
/// `verify` judges the chain of a finished TLS handshake, in which the server proved that it holds the first certificate's
/// key. Use it as `RPCClientTLS.Trust.pinned` or in a custom verification callback.
package struct TrustPin: Sendable, Hashable {
    /// How far this machine's clock may be off before a certificate counts as not yet, or no longer, valid.
    package static let clockSkew = Span.seconds(300)
    /// The longest chain that is looked at, in certificates.
    package static let chainLimit = 8

    /// The digest that the authority's certificate (DER) must have.
    package var authority: Digest

    /// A pin.
    package init(authority: Digest) {
        self.authority = authority
    }

    /// Accepts a chain that contains the pinned authority and whose first certificate this authority signed, for server
    /// authentication, for the dialled name, and for now (within `clockSkew`).
    /// - Parameters:
    ///   - chain: the certificates as presented (DER), the server's own first, the authority's among the others.
    ///   - host: the name or address that was dialled.
    /// - Returns: the authority's certificate, PEM: what to trust from now on.
    /// - Throws: `untrustedServer`.
    @discardableResult
    package func verify(chain: [[UInt8]], host: String, now: Instant) throws(SecurityError) -> String {
        func refusal(_ why: String, cause: (any Error)? = nil) -> SecurityError {
            SecurityError(.untrustedServer, "the server at \(host) is not trusted: \(why)", cause: cause)
        }
        guard (1...Self.chainLimit).contains(chain.count) else {
            throw refusal("it presented \(chain.count) certificates; check that this is a muster controller's port")
        }
        guard let rootBytes = chain.first(where: { ConstantTime.equal(Digest(of: $0), authority) }) else {
            let seen = chain.last.map { Digest(of: $0).short } ?? "none"
            throw refusal(
                "its authority is \(seen)…, not the pinned \(authority.short)…; "
                    + "check the address and the token, and ask who runs this server before you go on"
            )
        }
        let leaf: Certificate
        let root: Certificate
        do {
            leaf = try Certificate(derEncoded: chain[0])
            root = try Certificate(derEncoded: rootBytes)
        } catch {
            throw refusal("its certificate cannot be read; check that this is a muster controller's port", cause: error)
        }
        if let why = Self.problem(leaf: leaf, root: root, now: now) ?? Self.problem(leaf: leaf, host: host) {
            throw refusal(why)
        }
        return try naming(.untrustedServer, "the server's authority cannot be written as PEM; report this as a bug") {
            try root.serializeAsPEM().pemString
        }
    }

    private static func problem(leaf: Certificate, root: Certificate, now: Instant) -> String? {
        guard leaf.issuer == root.subject, root.publicKey.isValidSignature(leaf.signature, for: leaf) else {
            return "the pinned authority did not sign its certificate; ask who runs this server before you go on"
        }
        let usages = (try? leaf.extensions.extendedKeyUsage).map(Array.init) ?? []
        let constraints = try? leaf.extensions.basicConstraints
        guard usages.contains(.serverAuth), constraints == .notCertificateAuthority else {
            return "its certificate is not a controller's (a host's, perhaps); check the address and the port"
        }
        for (name, certificate) in [("certificate", leaf), ("authority", root)] {
            let begin = Instant(certificate.notValidBefore)
            let end = Instant(certificate.notValidAfter)
            guard begin.milliseconds - clockSkew.milliseconds <= now.milliseconds else {
                return "its \(name) is valid only from \(begin), and here it is \(now); set this machine's clock"
            }
            guard now <= end + clockSkew else {
                return "its \(name) expired at \(end), and here it is \(now); "
                    + "set this machine's clock, or restart the controller to renew it"
            }
        }
        return nil
    }

    private static func problem(leaf: Certificate, host: String) -> String? {
        let address = AddressBytes.of(host)
        let wanted = host.lowercased()
        var names: [String] = []
        for name in CertificateFacts.alternatives(of: leaf) {
            switch name {
            case .dnsName(let text):
                if address == nil, text.lowercased() == wanted { return nil }
                names.append(text)
            case .ipAddress(let octets):
                if let address, Array(octets.bytes) == address { return nil }
                names.append(
                    octets.bytes.count == 4 ? octets.bytes.map(String.init).joined(separator: ".") : "an IPv6 address"
                )
            default: continue
            }
        }
        return "its certificate is for \(names.joined(separator: ", ")); dial one of these, "
            + "or add '\(host)' to the names in the controller's settings and restart it"
    }
}

import NIOCore
import NIOSSL

/// TLS contexts and what can go wrong while they are made.
enum RPCTLS {
    /// - Throws: `invalidArgument`: which part cannot be read and why.
    static func context(for tls: RPCServerTLS) throws(RPCStatus) -> NIOSSLContext {
        let chain = try certificates(tls.certificateChainPEM, "the server's certificate chain")
        let key = try privateKey(tls.privateKeyPEM, "the server's private key")
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        if let roots = tls.clientTrustRootsPEM {
            configuration.trustRoots = .certificates(try certificates(roots, "the trust roots for clients"))
            configuration.certificateVerification = .optionalVerification
        } else {
            configuration.certificateVerification = .none
        }
        return try make(configuration)
    }

    /// - Throws: `invalidArgument`: which part cannot be read and why.
    static func context(for tls: RPCClientTLS) throws(RPCStatus) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let identity = tls.identity {
            let chain = try certificates(identity.certificateChainPEM, "the client's certificate chain")
            let key = try privateKey(identity.privateKeyPEM, "the client's private key")
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(key)
        }
        switch tls.trust {
        case .roots(let pem):
            configuration.trustRoots = .certificates(try certificates(pem, "the trust roots for the server"))
            configuration.certificateVerification = .fullVerification
        case .pinned:
            configuration.certificateVerification = .noHostnameVerification
        }
        return try make(configuration)
    }

    /// For a proxy that speaks TLS itself: TLS 1.2 will do, what goes through it has its own.
    ///
    /// - Parameter roots: PEM; nil takes the system's authorities.
    static func context(forProxyTrusting roots: [UInt8]?) throws(RPCStatus) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let roots { configuration.trustRoots = .certificates(try certificates(roots, "the proxy's trust roots")) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw RPCStatus(.invalidArgument, "TLS with the proxy cannot be set up: \(error)")
        }
    }

    private static func make(_ configuration: TLSConfiguration) throws(RPCStatus) -> NIOSSLContext {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv13
        configuration.applicationProtocols = ["h2"]
        configuration.shutdownTimeout = .seconds(2)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw RPCStatus(
                .invalidArgument,
                "TLS cannot be set up: \(error); check that the private key belongs to the certificate"
            )
        }
    }

    private static func certificates(_ pem: [UInt8], _ what: String) throws(RPCStatus) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(pem)
        } catch {
            throw RPCStatus(.invalidArgument, "\(what) cannot be read: \(error); it must be PEM")
        }
        guard !certificates.isEmpty else {
            throw RPCStatus(.invalidArgument, "\(what) holds no certificate; it must be PEM")
        }
        return certificates
    }

    private static func privateKey(_ pem: [UInt8], _ what: String) throws(RPCStatus) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: pem, format: .pem)
        } catch {
            throw RPCStatus(.invalidArgument, "\(what) cannot be read: \(error); it must be PEM")
        }
    }

    /// The URI names in a certificate.
    static func uriSANs(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            name.nameType == .uri ? String(decoding: name.contents, as: UTF8.self) : nil
        }
    }
}

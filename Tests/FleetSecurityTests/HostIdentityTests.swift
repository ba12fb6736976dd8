import FleetSecurity
import Testing

@Suite struct HostIdentityTests {
    @Test(
        arguments: [
            ("spiffe://fleet.example/host/h-1", "h-1"),
            ("spiffe://fleet.example/host/A_b.9", "A_b.9"),
            ("spiffe://fleet.example/host/", nil),
            ("spiffe://fleet.example/host/a/b", nil),
            ("spiffe://fleet.example/host/..", nil),
            ("spiffe://fleet.example/host/a%2Fb", nil),
            ("spiffe://fleet.example/hosts/a", nil),
            ("spiffe://fleet.example.evil/host/a", nil),
            ("spiffe://other.example/host/a", nil),
            ("https://fleet.example/host/a", nil),
            ("spiffe://fleet.example/host/" + String(repeating: "a", count: 65), nil),
        ] as [(String, String?)]
    )
    func reads(uri: String, id: String?) {
        #expect(HostIdentity.parse(uriSAN: uri, trustDomain: "fleet.example") == id)
    }

    @Test func writesWhatItReads() throws {
        let identity = try HostIdentity(hostID: "h-1", trustDomain: "fleet.example")
        #expect(HostIdentity.parse(uriSAN: identity.uri, trustDomain: "fleet.example") == "h-1")
    }

    @Test(arguments: ["", "a/b", "..", "a b", String(repeating: "a", count: 65)])
    func refusesAnID(id: String) {
        let error = #expect(throws: SecurityError.self) { try HostIdentity(hostID: id, trustDomain: "fleet.example") }
        #expect(error?.code == .invalidName)
    }

    @Test(arguments: ["", "Fleet.example", "a/b", String(repeating: "a", count: 256)])
    func refusesATrustDomain(domain: String) {
        let error = #expect(throws: SecurityError.self) { try HostIdentity(hostID: "h", trustDomain: domain) }
        #expect(error?.code == .invalidName)
    }
}

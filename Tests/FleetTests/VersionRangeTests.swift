import Testing

@testable import Fleet

@Suite struct VersionRangeTests {
    /// What programs print, and the version in it.
    @Test(arguments: [
        ("mlserver, version 1.7.1\n", "1.7.1"), ("Python 3.11.2", "3.11.2"), ("v2.51.0", "2.51"),
        ("git version 2.39.5 (Debian)", "2.39.5"), ("OpenSSL 3.0.17 1 Jul 2025", "3.0.17"), ("nginx 1", "1.0"),
        ("tritonserver2 build 7: r24.10, 2.51.0-rc1+cuda", "2.51 (a pre-release)"), ("1.7.0rc1", "1.7 (a pre-release)"),
        ("curl 7.88.1-10+deb12u8", "7.88.1"), ("x86_64 node v18.19.0", "18.19"), ("release 10.", "10.0"),
    ])
    func theVersionIsFound(output: String, expected: String) {
        #expect(VersionNumber(in: output)?.description == expected)
    }

    @Test(arguments: ["", "no number", "abc123", "x.y"])
    func noVersionIsInvented(output: String) {
        #expect(VersionNumber(in: output) == nil)
    }

    @Test(arguments: [
        (">=1.7 <2", "1.7", true), (">=1.7 <2", "1.7.1", true), (">=1.7 <2", "1.10", true),
        (">=1.7 <2", "1.6.9", false),
        (">=1.7 <2", "2.0", false), (">=1.7 <2", "2.0.0rc1", false), (">=1.7 <2", "1.7rc1", false),
        (">1.7", "1.7.0", false),
        (">1.7", "1.7.0.1", true), ("<=2", "2.0.0", true), ("<=2", "2.0.1", false), ("=1.7", "1.7.0", true),
        ("!=1.7.3 >=1.7", "1.7.3", false), (">=2.0.0-rc.1", "2.0.0", true), ("<2.0.0-rc.2", "1.9", true),
    ])
    func rangesHoldWhatTheySay(range: String, version: String, isIn: Bool) throws {
        let number = try #require(VersionNumber(version))
        #expect(try VersionRange(range).contains(number) == isIn)
    }

    @Test(arguments: ["", " ", "1.7", "~=1.7", "==1.7", ">= 1.7", ">=1.x", ">=", ">=1.7;<2"])
    func whatIsNoRangeIsRefused(text: String) {
        #expect(throws: VersionRange.Problem.self) { try VersionRange(text) }
    }
}

import DaemonKit
import Foundation
import RPCTransport
import Testing

@testable import FleetAgent

/// How a proxy is named, and by whom.
@Suite struct ProxySettingTests {
    @Test(
        arguments: [
            ("http://proxy:3128", "http://proxy:3128", nil), ("proxy:3128", "http://proxy:3128", nil),
            ("HTTP://proxy/", "http://proxy:80", nil), ("https://proxy", "https://proxy:443", nil),
            ("http://ana:s3cret@proxy:1", "http://proxy:1", "ana:s3cret"),
            ("http://a%40b:c%3Ad%25@10.0.0.1:8080/", "http://10.0.0.1:8080", "a@b:c:d%"),
            ("http://[fd00::1]:3128", "http://[fd00::1]:3128", nil), ("https://[::1]", "https://[::1]:443", nil),
        ] as [(String, String, String?)]
    ) func addresses(text: String, url: String, credentials: String?) throws {
        let address = try #require(ProxyAddress(text))
        #expect(address.url == url && address.credentials == credentials)
        #expect(ProxyAddress(address.url) == ProxyAddress(url))
    }

    @Test(arguments: [
        "", "http://", "socks5://proxy:1", "http://proxy:0", "http://proxy:65536", "http://proxy:x", "http://pro xy:1",
        "http://ana@proxy:1", "http://%zz:x@proxy:1", "http://fd00::1", "http://proxy:1/path", "http://proxy\r\n:1",
        "http://proxy?x:1",
    ]) func noAddresses(text: String) {
        #expect(ProxyAddress(text) == nil)
    }

    @Test(arguments: [
        ("controller", "controller", true), ("a.example.com", "example.com", true),
        ("a.example.com", ".EXAMPLE.com", true),
        ("example.com", "*.example.com", true), ("notexample.com", "example.com", false), ("x", "*", true),
        ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.0/30,10.1.2.2/31", true), ("fd00::1", "fd00::/16", true), ("fe00::1", "fd00::/16", false),
        ("fd00::1", "[fd00::1]", true), ("10.1.2.3", "10.0.0.0/33", false), ("x", "", false), ("x", ", ,", false),
        ("x", "y x", true), ("10.1.2.3", "2.3", false),
    ]) func exemptions(host: String, list: String, isExempt: Bool) {
        #expect(NoProxy.exempts(host, by: list) == isExempt)
    }

    /// A command line of `run` and what becomes of it.
    private func proxy(
        _ arguments: [String],
        written: ProxySetting? = nil,
        environment: [String: String] = [:],
        directory: String = "/nowhere"
    ) throws -> ProxySetting? {
        let options = CommandLineOptions(
            program: "muster-agent",
            summary: "",
            commands: [CommandLineCommand(name: "run", summary: "", options: AgentProgram.proxyOptions)]
        )
        guard case .run(let parsed) = try options.parse(["run"] + arguments) else { return nil }
        return try AgentProgram.proxy(
            parsed,
            written: written,
            controller: "controller.example",
            directory: directory,
            environment: environment
        )
    }

    @Test func whoSaysSo() throws {
        let (old, new) = (ProxySetting(url: "http://old:1", credentials: "/c"), ProxySetting(url: "http://new:2"))
        #expect(try proxy([]) == nil)
        #expect(try proxy([], written: old) == old)
        #expect(try proxy(["--proxy", "new:2"], written: old) == new, "another proxy has other credentials")
        #expect(try proxy(["--proxy", "old:1"], written: old) == old)
        #expect(try proxy(["--proxy", "none"], written: old) == ProxySetting.none)
        #expect(try proxy(["--proxy-credentials", "/d"], written: old)?.credentials == "/d")
        #expect(throws: CommandLineError.self) { try proxy(["--proxy-credentials", "/d"]) }
        #expect(throws: CommandLineError.self) { try proxy(["--proxy", "socks5://x"]) }
        #expect(try proxy([], environment: ["HTTPS_PROXY": "http://new:2"]) == new)
        #expect(try proxy([], environment: ["https_proxy": "new:2", "HTTPS_PROXY": ""]) == new)
        #expect(try proxy(["--proxy", "none"], environment: ["HTTPS_PROXY": "http://new:2"]) == ProxySetting.none)
        #expect(try proxy([], environment: ["HTTPS_PROXY": "http://new:2", "no_proxy": "example"]) == nil)
        #expect(try proxy([], environment: ["HTTPS_PROXY": "new:2", "NO_PROXY": "other"]) == new)
        #expect(try ProxySetting.none.proxy() == nil && ProxySetting.none.address == nil)
        #expect(new.address?.host == "new")
    }

    @Test func aPasswordGoesIntoAFileOfItsOwn() throws {
        let directory = NSTemporaryDirectory() + "muster-proxy-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let setting = try #require(try proxy(["--proxy", "http://ana:s3cret@proxy:1"], directory: directory))
        #expect(setting == ProxySetting(url: "http://proxy:1", credentials: "\(directory)/proxy-credentials"))
        let mode = try FileManager.default.attributesOfItem(atPath: "\(directory)/proxy-credentials")[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
        #expect(try setting.proxy()?.authorization == "Basic YW5hOnMzY3JldA==")
        let path = "\(directory)/proxy-credentials"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: (any Error).self, "others may read it") { try setting.proxy() }
        let slip = #expect(throws: CommandLineError.self) { try proxy(["--proxy", "ftp://ana:s3cret@proxy:1"]) }
        #expect(slip?.message.contains("s3cret") == false)
    }
}

import Fleet
import Testing

@testable import OperatorAPI

@Suite struct FiguresTests {
    @Test func figuresAndMetricsAreForOperatorsOnly() async throws {
        try await ServerFixture.run { fixture in
            for path in ["/metrics", "/figures"] {
                #expect(try await fixture.call("GET", path, token: .some(nil)).status == 401)
            }
            let page = try await fixture.call("GET", "/metrics")
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let text = String(decoding: page.body, as: UTF8.self)
            #expect(text.contains("\nmuster_hosts{liveness=\"connected\"} 0\n"))
            #expect(text.hasSuffix("\n"))
            let view = try await fixture.call("GET", "/figures")
            #expect(view.status == 200)
            let json = try view.json()
            #expect(json["hosts"] == .array([]))
        }
    }
}

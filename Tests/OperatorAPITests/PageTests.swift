import Fleet
import Testing

@testable import OperatorAPI

/// Long lists in parts.
@Suite(.timeLimit(.minutes(2))) struct PageTests {
    @Test func hostsComeInPages() async throws {
        try await ServerFixture.run { server in
            for name in ["h1", "h2", "h3", "h4", "h5"] { _ = try await server.enrol(name) }
            func page(_ query: String) async throws -> Listing<HostView> {
                try await server.call("GET", "/hosts\(query)").view(Listing<HostView>.self)
            }
            let whole = try await page("")
            #expect(whole.items.map(\.host.name) == ["h1", "h2", "h3", "h4", "h5"] && whole.next == nil)
            let first = try await page("?limit=2")
            #expect(first.items.map(\.host.name) == ["h1", "h2"] && first.next == "h2")
            #expect(first.revision == whole.revision)
            let second = try await page("?limit=2&after=h2")
            #expect(second.items.map(\.host.name) == ["h3", "h4"] && second.next == "h4")
            let last = try await page("?limit=2&after=h4")
            #expect(last.items.map(\.host.name) == ["h5"] && last.next == nil)
            #expect(try await page("?limit=5").next == nil, "a full page that is the last one says so")
            let label = #"{"hosts":["h2","h5"],"set":{"site":"ulm"}}"#
            #expect(try await server.call("POST", "/hostlabels", json: label).status == 200)
            let some = try await page("?limit=1&labelSelector=site%3Dulm")
            #expect(some.items.map(\.host.name) == ["h2"] && some.next == "h2")
            let others = try await page("?limit=1&labelSelector=site%3Dulm&after=h2")
            #expect(others.items.map(\.host.name) == ["h5"] && others.next == nil)
            #expect(try await page("?limit=2&after=zz").items.isEmpty)

            let one = try await server.call("GET", "/hosts/h3").view(HostView.self)
            #expect(one.host.name == "h3")
            let near = try await server.call("GET", "/hosts/h33")
            #expect(near.status == 404)
            #expect(try near.problem().hint == "did you mean 'h3'?")
        }
    }

    @Test(arguments: ["limit=0", "limit=5001", "limit=x", "after=h1"])
    func aPageIsAskedForRightly(query: String) async throws {
        try await ServerFixture.run { server in
            for path in ["hosts", "deployments"] {
                let reply = try await server.call("GET", "/\(path)?\(query)")
                #expect(reply.status == 422)
            }
            let short = try await server.call("GET", "/models?limit=5")
            #expect(short.status == 422, "short lists have no pages")
        }
    }
}

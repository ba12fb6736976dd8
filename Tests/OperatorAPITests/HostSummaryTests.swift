import Fleet
import FleetClient
import Foundation
import NIOCore
import Testing

@testable import FleetController
@testable import OperatorAPI

/// The short list of hosts says what the long one says.
@Suite(.timeLimit(.minutes(2))) struct HostSummaryTests {
    @Test func itSaysWhatTheLongListSays() async throws {
        try await ServerFixture.run { server in
            for name in ["h2", "h1", "h3"] { _ = try await server.enrol(name) }
            let label = #"{"hosts":["h2"],"set":{"site":"ulm"}}"#
            #expect(try await server.call("POST", "/hostlabels", json: label).status == 200)
            #expect(try await server.call("POST", "/hosts/h3/revoke", json: #"{"reason":"x"}"#).status == 200)
            #expect(try await server.call("POST", "/hosts/h1/cordon", json: #"{"reason":"its disk"}"#).status == 200)
            try await server.withHosts("h4") {
                let long = try await server.wait("/hosts", as: Listing<HostView>.self) { listing in
                    listing.items.contains { $0.host.name == "h4" && $0.connected && $0.report != nil }
                }
                let short = try await server.call("GET", "/hostsummaries").view(HostLines.self)
                #expect(short.items.map(\.name) == ["h1", "h2", "h3", "h4"] && !short.isFrozen)
                for (line, view) in zip(short.items, long.items) {
                    #expect(line.name == view.host.name && line.labels == view.host.labels)
                    #expect(line.connected == view.connected && (line.revoked ?? false) == view.host.isRevoked)
                    #expect((line.cordoned ?? false) == (view.host.cordon != nil))
                    #expect(line.warnings == view.warnings.count && line.replicas == view.report?.replicas.count)
                }
                #expect(short.items.map(\.connected) == [false, false, false, true])
                #expect(short.items.map { $0.revoked ?? false } == [false, false, true, false])
                #expect(short.items.map { $0.cordoned ?? false } == [true, false, false, false])
                let some = try await server.call("GET", "/hostsummaries?labelSelector=site%3Dulm").view(HostLines.self)
                #expect(some.items.map(\.name) == ["h2"])
            }
        }
    }

    @Test func textsAreQuoted() throws {
        let state = HostEntry.State(
            host: FleetHost(
                id: "h",
                name: "a \"b\" \\ \n ü",
                labels: ["b": "\u{1}", "a": "ä"],
                machine: "m",
                instance: "i",
                enrolledAt: Instant(milliseconds: 1)
            ),
            given: 0,
            outboxAcknowledged: 0,
            lastHeard: Instant(milliseconds: 7)
        )
        let bytes = HostSummariesText.json(
            HostSummaries(isFrozen: true, items: [HostSummary(state, at: Instant(milliseconds: 0))])
        )
        let lines = try JSONDecoder().decode(HostLines.self, from: Data(bytes.readableBytesView))
        #expect(lines.isFrozen && lines.items.first?.name == state.host.name)
        #expect(lines.items.first?.labels == state.host.labels && lines.items.first?.lastSeen == state.lastHeard)
        #expect(lines.items.first?.replicas == nil && lines.items.first?.serving == nil)
    }
}

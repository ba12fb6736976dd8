import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// `muster events`.
@Suite struct EventsTests {
    @Test func eventsAreATable() {
        let events = [
            EventView(
                id: "audit/1",
                at: Samples.now,
                by: "ana",
                what: "update",
                kind: "Deployment",
                name: "wine",
                reason: "x"
            ),
            EventView(
                id: "host/1",
                at: Samples.now,
                by: "host/h1",
                what: "went back",
                kind: "Deployment",
                name: "wine",
                failed: true
            ),
        ]
        let lines = EventsCommand.table(events, style: .none).split(separator: "\n")
        #expect(lines[0].hasPrefix("TIME") && lines[0].hasSuffix("REASON"))
        #expect(lines[1].contains("ana      deployment/wine  update     x"))
        #expect(lines[2].contains("host/h1  deployment/wine  went back"))
        #expect(EventsCommand.table(events, style: .none, showsTitles: false).split(separator: "\n").count == 2)
    }

    @Test func atTheCommandLine() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let yaml = "apiVersion: muster/v1\nkind: Model\nmetadata: {name: wine}\nspec: {}\n"
            #expect(try await muster("apply", "-f", "-", "--reason", "new", input: yaml).status == 0)
            let events = try await muster("events")
            #expect(events.status == 0 && events.output.contains(#/admin +model\/wine +create +new/#), "\(events)")
            let json = try await muster("events", "model/wine", "-o", "json")
            let event = try JSONDecoder().decode(EventView.self, from: Data(json.output.utf8))
            #expect(event.what == "create" && event.reason == "new" && !event.failed)
            let none = try await muster("events", "host/h1")
            #expect(none.status == 0 && none.output == "" && none.error.hasPrefix("nothing happened since "))
            #expect(try await muster("events", "--since", "tomorrow").status == 64)
        }
    }
}

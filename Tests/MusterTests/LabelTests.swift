import ArgumentParser
import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// `label`, and the names that types go by.
@Suite struct LabelTests {
    @Test(arguments: [
        ["a=1"], ["deployment", "a=1"], ["deployment/", "a=1"], ["deploymnt/x", "a=1"],
        ["deployment/x", "host/y", "a=1"],
        ["rollout/x", "a=1"], ["deployment/x"], ["deployment/x", "-l", "a=b", "a=1"], ["deployment/x", "a=1", "a-"],
        ["deployment/x", "a=1", "--allow-removal"], ["deployment", "x", "host/y", "a=1"],
    ])
    func wrongWordsAreRefused(words: [String]) async {
        await #expect(throws: (any Error).self) { try await LabelCommand.asyncParse(words) }
    }

    @Test(arguments: [
        ["deployment/x", "a=1"], ["deploy", "x", "y", "a=1", "b-"], ["hosts", "-l", "a=b", "a=1", "--allow-removal"],
        ["host/x", "host/y", "a="], ["mv/x", "rel-"],
    ])
    func wordsInManyOrders(words: [String]) async throws {
        _ = try await LabelCommand.asyncParse(words)
    }

    @Test(arguments: [
        ("rb/b7c1", ObjectType.rollback, "b7c1"), ("b7c1", .rollback, "b7c1"), ("hold/x", .hold, "x"),
        ("hosts/h1", .host, "h1"), ("model/wine", .model, "wine"),
    ])
    func anObjectIsNamedWithOrWithoutItsType(word: String, type: ObjectType, name: String) throws {
        #expect(try ObjectReference.name(word, of: type) == name)
        let other: ObjectType = type == .host ? .model : .host
        guard word.contains("/") else { return }
        let error = try #require(throws: ValidationError.self) { try ObjectReference.name(word, of: other) }
        #expect(error.message.contains("is no \(other.rawValue)"))
    }

    @Test(arguments: [
        ("host", TopCommand.Subject.hosts), ("deploy", .deployments), ("replica", .replicas), ("replicas", .replicas),
    ])
    func topTakesEveryName(word: String, subject: TopCommand.Subject) {
        #expect(TopCommand.Subject(argument: word) == subject)
        #expect(TopCommand.Subject(argument: "model") == nil)
    }

    @Test func atTheCommandLine() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let wine = root.appending(path: "Deploy/examples/wine").path()
            #expect(try await muster("apply", "-f", "\(wine)/model.yaml", "-f", "\(wine)/runtime.yaml").status == 0)
            let one = try await muster("label", "model/wine", "team=risk", "--reason", "sorting")
            #expect(one.status == 0 && one.output.hasPrefix("~ Model/wine update: "), "\(one)")
            #expect(one.output.contains("team=risk"))
            let set = try await muster("label", "models", "-l", "team=risk", "team-", "tier=gold")
            #expect(set.output.contains("tier=gold") && !set.output.contains("team="), "\(set)")
            let none = try await muster("label", "rt", "-l", "team=risk", "tier=gold")
            #expect(none.status == 1 && none.error.contains("no runtime matches 'team=risk'"))
            let near = try await muster("label", "runtime/mlservr", "tier=gold")
            #expect(near.status == 1 && near.error.contains("did you mean 'mlserver'?"))
            #expect(try await muster("label", "host/h1", "a=1").error.contains("there is no host 'h1'"))

            #expect(try await muster("host", "list").output == "no hosts\n")
            for (one, other) in [
                (["host", "list", "-o", "json"], ["get", "hosts", "-o", "json"]),
                (["schema", "mv"], ["schema", "ModelVersion"]),
                (["where", "model/wine"], ["where", "wine"]),
            ] {
                let (first, second) = (try await muster.run(one), try await muster.run(other))
                #expect(first.status == 0 && first.output == second.output)
            }
            #expect(try await muster("hold", "lift", "host/x").status == 64)
        }
    }
}

import ArgumentParser
import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// What `get` and `wait` take and print.
@Suite struct GetTests {
    private static let document: JSONValue = .object([
        "items": .array([
            .object([
                "host": .object(["name": .string("a"), "labels": .object(["k-8": .string("x")])]), "n": .integer(10),
            ]),
            .object(["host": .object(["name": .string("b")]), "n": .integer(9)]),
            .object(["host": .object(["name": .string("c")])]),
        ]),
        "revision": .integer(7),
    ])

    @Test(arguments: [
        ("{.items[*].host.name}", "a b c"), (".items[0].host.name", "a"), ("{$.items[-1].host.name}", "c"),
        ("items[1].n", "9"), ("{.revision}{\"\\n\"}{.items[0].host.labels['k-8']}", "7\nx"),
        ("at {.revision}: {.items[*].n}!", "at 7: 10 9!"), ("{.nothing}", ""), ("{.items[0].host.labels.k-8}", "x"),
        ("{.items[1].host}", #"{"name":"b"}"#), ("{.items[0].host.labels.*}", "x"), ("{.}", document.compactText),
    ])
    func aTemplateShowsWhatItNames(template: String, text: String) throws {
        #expect(try JSONPathTemplate(template).text(of: Self.document) == text)
        #expect(OutputFormat(argument: "jsonpath=\(template)") != nil)
    }

    @Test(arguments: ["{.a", "{.a[}", "{.a[x]}", "{.a..b}", "{\"x}", "{.a[0]b}", "{.a.}"])
    func whatIsNoTemplateIsRefused(template: String) {
        #expect(throws: JSONPathTemplate.Problem.self) { try JSONPathTemplate(template) }
        #expect(OutputFormat(argument: "jsonpath=\(template)") == nil)
    }

    @Test(arguments: [(".n", "b a c"), (".host.name", "a b c"), (".missing", "a b c")])
    func objectsAreInOrder(path: String, names: String) throws {
        guard case .array(let items)? = Self.document["items"] else { return }
        let sorted = try SortKey(path).sorted(items) { $0 }
        #expect(sorted.compactMap { $0["host"]?["name"]?.text }.joined(separator: " ") == names)
    }

    @Test func conditionsAreWhatTheySay() throws {
        let good = try Samples.deployment(hosts: [])
        var rollout = Samples.rollout(.progressing, [.verified]).rollout
        func verdict(_ state: Rollout.State, _ reason: String = "") throws -> WaitCondition.Verdict {
            var view = good
            (rollout.state, rollout.reason) = (state, reason)
            view.rollout = rollout
            return WaitCondition.succeeded.verdict(on: view, json: try ObjectPrinter.value(view))
        }
        #expect(try verdict(.succeeded) == .met)
        #expect(try verdict(.baking) == .notYet("its rollout is baking"))
        #expect(try verdict(.aborted, "h1 failed") == .never("its rollout is aborted: h1 failed"))
        let named = try #require(WaitCondition(argument: "jsonpath={.deployment.name}=wine"))
        #expect(named.verdict(on: good, json: try ObjectPrinter.value(good)) == .met)
        let other = try #require(WaitCondition(argument: "jsonpath=.deployment.name=beer"))
        #expect(other.verdict(on: good, json: try ObjectPrinter.value(good)) == .notYet("it is 'wine'"))
        for wrong in ["", "ready", "jsonpath=", "jsonpath=x", "jsonpath={=1"] {
            #expect(WaitCondition(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test(arguments: [
        ["host/h", "--for", "succeeded"], ["deployment/d", "--for", "connected"], ["hold/x", "--for", "deleted"],
        ["host", "--for", "connected", "--timeout", "soon"],
    ])
    func whatNeverComesIsNotWaitedFor(words: [String]) async {
        await #expect(throws: (any Error).self) { try await WaitCommand.asyncParse(words) }
    }

    @Test func atTheCommandLine() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let wine = root.appending(path: "Deploy/examples/wine").path()
            #expect(try await muster("apply", "-f", "\(wine)/model.yaml", "-f", "\(wine)/runtime.yaml").status == 0)
            #expect(try await muster("get", "models", "--no-headers").output.hasPrefix("wine "))
            #expect(try await muster("get", "models", "-o", "jsonpath={.items[*].model.name}").output == "wine\n")
            #expect(try await muster("get", "rt/mlserver", "-o", "jsonpath={.runtime.driver}").output == "process\n")
            #expect(try await muster("get", "runtimes", "-o", "name", "--sort-by", ".runtime.name").status == 0)
            #expect(try await muster("get", "hosts", "--no-headers").output == "")
            let format = try await muster("get", "models", "-o", "xml")
            #expect(format.status == 64 && format.error.contains("jsonpath=TEMPLATE"))
            #expect(try await muster("wait", "runtime/gone", "--for", "deleted").output == "runtime/gone deleted\n")
            let both = try await muster("wait", "rt/gone", "model/gone", "--for", "deleted")
            #expect(both.output == "runtime/gone deleted\nmodel/gone deleted\n", "\(both.error)")
            let odd = try await muster("wait", "rt/gone", "host/h1", "--for", "connected")
            #expect(odd.status == 64 && odd.error.contains("'connected' is not for a runtime"), "\(odd.error)")
            let late = try await muster("wait", "runtime/mlserver", "--for", "deleted", "--timeout", "1s")
            #expect(
                late.status == 1 && late.error.contains("runtime/mlserver is not deleted after 1s: it is still there")
            )
            #expect(late.error.contains("→ see what it is: muster describe runtime/mlserver"))
        }
    }
}

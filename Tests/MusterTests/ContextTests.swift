import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// Several controllers at one desk, and what every command takes.
@Suite(.serialized) struct ContextTests {
    @Test(arguments: [
        (["get", "hosts", "--context", "lyon"], "lyon", nil as String?, ["get", "hosts"]),
        (["--context=ulm", "get", "--request-timeout", "5s", "hosts"], "ulm", "5s", ["get", "hosts"]),
        (["get", "--", "--context", "x"], nil, nil, ["get", "--", "--context", "x"]), ([], nil, nil, []),
    ])
    func optionsStandAnywhere(words: [String], context: String?, timeout: String?, rest: [String]) throws {
        let read = try GlobalOptions.read(words)
        #expect(read.options == GlobalOptions(context: context, requestTimeout: timeout.flatMap { Span($0) }))
        #expect(read.rest == rest)
    }

    @Test(arguments: [["--context"], ["--context", "../x"], ["--request-timeout", "soon"], ["--request-timeout=0s"]])
    func wrongOptionsAreRefused(words: [String]) {
        let failure = #expect(throws: CommandFailure.self) { try GlobalOptions.read(words) }
        #expect(failure?.exitCode == 64)
    }

    @Test func oneDeskForTwoFleets() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            let credentials = ["--credentials", controller.credentialsPath]
            #expect(try await muster("context").output.hasPrefix("no contexts"))
            for name in ["lyon", "ulm"] {
                let login = try await muster.run(["login", url, "--context", name] + credentials)
                #expect(login.output.contains("as admin, admin, as context '\(name)'"), "\(login)")
            }
            let list = try await muster("context", "list").output.split(separator: "\n")
            #expect(list.map(String.init) == ["USED  NAME  CONTROLLER", "      lyon  \(url)", "*     ulm   \(url)"])
            #expect(try await muster("context", "use", "lyon").status == 0)
            #expect(try await muster("get", "hosts").status == 0)
            #expect(try await muster("get", "hosts", "--context", "ulm").status == 0)
            let other = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config", "MUSTER_CONTEXT": "ulm"])
            #expect(try await other("context").output.contains("*     ulm"))
            let slip = try await muster("get", "hosts", "--context", "lyom")
            #expect(slip.status == 1 && slip.error.contains("did you mean 'lyon'?"), "\(slip.error)")
            #expect(try await muster("context", "delete", "lyon").status == 0)
            let gone = try await muster("get", "hosts")
            #expect(gone.status == 1 && gone.error.contains("there is no context 'lyon'"))
            #expect(try await muster("context", "delete", "lyon").error.contains("there are: ulm"))
        }
    }

    @Test func helpHasTopics() async throws {
        let muster = MusterProgram(environment: [:])
        for topic in HelpTopic.allCases {
            let help = try await muster("help", topic.rawValue)
            #expect(help.status == 0 && help.output == topic.text + "\n")
        }
        #expect(try await muster("help", "get").output.contains("--sort-by"))
        #expect(try await muster("--context").status == 64)
    }
}

import Fleet
import FleetController
import Foundation
import Testing

@testable import muster

/// The words in brackets behind messages.
@Suite struct MessageCodeTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    @Test(arguments: MessageCode.allCases)
    func everyWordIsExplained(code: MessageCode) throws {
        let text = try #require(try HelpTopic.text(for: ["errors", code.rawValue]))
        #expect(text.count > 60)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        #expect(try HelpTopic.text(for: ["errors", "[\(code.rawValue)]"]) == text, "as it is printed")
        #expect(try HelpTopic.text(for: ["errors"])?.contains("\n  \(code.rawValue)") == true)
    }

    @Test func noTwoWordsSayTheSame() {
        let texts = MessageCode.allCases.map(\.explanation)
        #expect(Set(texts).count == texts.count)
    }

    /// The table itself does not count, nor what explains it.
    @Test func everyWordIsSaid() throws {
        let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        var text = ""
        for case let file as URL in files
        where file.pathExtension == "swift" && !file.lastPathComponent.hasPrefix("MessageCode") {
            text += try String(contentsOf: file, encoding: .utf8)
        }
        for code in MessageCode.allCases {
            #expect(text.contains(".\(code)"), "nobody says \(code.rawValue): take it out")
        }
        #expect(!text.contains(".\("zebra")"))
    }

    @Test func anUnknownWordIsRefused() throws {
        let failure = try #require(throws: CommandFailure.self) { try HelpTopic.text(for: ["errors", "plan-changd"]) }
        #expect(failure.exitCode == 64 && failure.hint?.hasPrefix("did you mean 'plan-changed'?") == true)
        #expect(try HelpTopic.text(for: ["get"]) == nil)
    }

    @Test func messagesBearWords() async throws {
        try await OperatorsDayTests.withController { url, controller, directory in
            let muster = MusterProgram(environment: ["MUSTER_CONFIG": "\(directory)/config"])
            func word(_ arguments: String...) async throws -> String {
                let run = try await muster.run(arguments)
                #expect(run.status != 0)
                let words = run.error.matches(of: #/ \[([a-z-]+)\]\n/#).map { String($0.1) }
                #expect(words.count == 1, "\(run.error)")
                return words.last ?? ""
            }
            #expect(try await word("get", "hosts") == "not-logged-in")
            #expect(
                try await word("login", "https://127.0.0.1:1", "--credentials", controller.credentialsPath)
                    == "unreachable"
            )
            #expect(try await muster("login", url, "--credentials", controller.credentialsPath).status == 0)
            #expect(try await word("get", "hosts", "--context", "zebra") == "unknown-context")
            #expect(try await word("get", "host/h1") == "not-found")
            #expect(try await word("apply", "-f", "/nowhere.yaml") == "local-file")
            #expect(try await word("apply", "-f", #filePath) == "manifest")
            #expect(try await word("delete", "rollback/x") == "not-possible")
            #expect(try await word("operator", "token", "revoke", "admin") == "last-admin")
            #expect(try await word("label", "host", "-l", "a=b", "c=d") == "nothing-matches")
            #expect(try await word("edit", "model/x") == "no-terminal")
            #expect(try await word("get", "hosts", "-l", "a is b") == "invalid")
            #expect(try await word("audit", "verify", "--known", "9:\(Digest(of: [1]))") == "audit-broken")
            let wine = Self.sources.deletingLastPathComponent().appending(path: "Deploy/examples/wine").path()
            #expect(try await muster("apply", "-f", "\(wine)/model.yaml", "-f", "\(wine)/runtime.yaml").status == 0)
            #expect(try await word("wait", "model/wine", "--for", "deleted", "--timeout", "1s") == "time-up")
            let help = try await muster("help", "errors", "[time-up]")
            #expect(help.output.hasPrefix("The time of --timeout is over"))
        }
    }
}

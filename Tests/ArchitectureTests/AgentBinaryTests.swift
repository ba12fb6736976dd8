import Foundation
import Testing

/// What the agent's binary carries. In a static build `ldd` could not show it.
@Suite struct AgentBinaryTests {
    /// The agent that was built together with these tests.
    static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "muster-agent")
    static let isBuilt = FileManager.default.fileExists(atPath: binary.path)

    @Test("the agent carries no ICU", .enabled(if: isBuilt, "muster-agent was not built beside these tests"))
    func agentCarriesNoICU() throws {
        let bytes = try Data(contentsOf: Self.binary, options: .alwaysMapped)
        #expect(bytes.count > 100_000, "\(Self.binary.path) is too small to be the agent")
        for trace in ["icudt", "FoundationInternationalization"] {
            #expect(
                bytes.range(of: Data(trace.utf8)) == nil,
                "'\(trace)' in \(Self.binary.path): something that the agent links imports Foundation or a default trait"
            )
        }
    }
}

import Fleet
import Testing

@testable import FleetController

@Suite struct ContentDifferenceTests {
    private static func content(_ change: (inout RevisionContent) -> Void = { _ in }) -> RevisionContent {
        var content = RevisionContent(
            model: .init(name: "wine", version: "1", format: "sklearn", bundle: Digest(of: "1".utf8)),
            runtime: RuntimeProfile(
                name: "mlserver",
                command: ["x"],
                ports: ["http"],
                update: .recreate,
                ready: .init(port: "http", path: "/")
            ),
            environment: ["A": "1", "B": "1"],
            resources: nil,
            probe: nil
        )
        change(&content)
        return content
    }

    @Test(arguments: [
        (content(), nil),
        (content { $0.model.version = "2" }, "content: version 1 → 2"),
        (content { ($0.model.name, $0.model.version) = ("beer", "4") }, "content: model wine 1 → beer 4"),
        (content { $0.model.bundle = Digest(of: "2".utf8) }, "content: files of version 1"),
        (content { $0.runtime.name = "triton" }, "content: runtime mlserver → triton"),
        (content { $0.runtime.command = ["y"] }, "content: runtime mlserver as it is now"),
        (content { $0.environment = ["A": "2", "C": "1"] }, "content: environment A B C"),
        (content { $0.resources = ReplicaResources(memory: ByteQuantity("1Gi")) }, "content: resources"),
        (
            content { $0.probe = GoldenProbe(port: "http", path: "/", request: "{}", expect: "{}") },
            "content: golden probe"
        ),
    ])
    func whatChangesIsNamed(_ new: RevisionContent, _ text: String?) {
        #expect(ContentDifference.text(from: Self.content(), to: new) == text)
    }
}

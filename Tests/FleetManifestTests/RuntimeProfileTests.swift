import Fleet
import FleetMetrics
import Foundation
import Testing

@testable import FleetManifest

/// `Deploy/runtimes`: each is read strictly, has nothing unwise, and is held against answers of its server: recorded from the
/// server itself, or written after its documentation, as its second line says.
@Suite struct RuntimeProfileTests {
    /// What a server answers.
    struct Recorded: Decodable {
        struct Answer: Decodable {
            var path: String
            /// Before its model can answer, or of a model that is not there; nothing where nobody listens then.
            var unready: Int?
            var sound: Int
        }

        /// The version that it is of.
        var server: String
        var origin: String
        /// The file with its figures.
        var page: String?
        /// Nothing where nobody would start the server again.
        var live: Answer?
        var ready: Answer
        /// What is to be read there.
        var figures: [String: Double]?
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let profiles = root.appending(path: "Deploy/runtimes")
    private static let answers = root.appending(path: "Tests/FleetManifestTests/Runtimes")
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: profiles.path())) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private static func read(_ name: String) throws -> (runtime: RuntimeProfile, document: ManifestDocument) {
        var batch = ManifestBatch()
        batch.add(yaml: try Data(contentsOf: profiles.appending(path: "\(name).yaml")), file: "\(name).yaml")
        #expect(batch.problems.map(\.description) == [])
        let document = try #require(batch.documents.first)
        try #require(batch.documents.count == 1)
        guard case .runtime(let runtime) = document.manifest else { throw CocoaError(.coderInvalidValue) }
        return (runtime, document)
    }

    private static func recorded(_ name: String) throws -> Recorded {
        try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: answers.appending(path: "\(name).json")))
    }

    @Test func eachProfileHasItsAnswers() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.answers.path())
        #expect(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted() == Self.names)
        #expect(Self.names.count >= 8)
    }

    @Test(arguments: names) func saysWhetherItsServerRanHere(name: String) throws {
        let text = try String(contentsOf: Self.profiles.appending(path: "\(name).yaml"), encoding: .utf8)
        let line = try #require(text.split(separator: "\n").dropFirst().first)
        let recorded = try Self.recorded(name)
        #expect(line.contains(recorded.server))
        switch recorded.origin {
        case "recorded": #expect(line.hasPrefix("# run here: yes ("))
        case "documentation":
            #expect(line.hasPrefix("# not run here: checked against recorded answers of "))
            #expect(line.hasSuffix("written by hand after its documentation"))
        default: Issue.record("no such origin: \(recorded.origin)")
        }
    }

    @Test(arguments: names) func isSoundAndNotUnwise(name: String) throws {
        let (runtime, document) = try Self.read(name)
        #expect(runtime.name == name)
        #expect((runtime.requires == nil) == (runtime.driver == .external))
        #expect(RuntimeReview.warnings(of: runtime, in: document.node).flatMap(\.lines) == [])
    }

    @Test(arguments: names) func asksWhatItsServerAnswers(name: String) throws {
        let (runtime, _) = try Self.read(name)
        let recorded = try Self.recorded(name)
        var values = [
            "model.dir": "/models/1", "model.name": "wine", "model.version": "1.0.0", "deployment.name": "cellar",
            "host.name": "lyon-1", "host.address": "0.0.0.0",
        ]
        for (index, port) in runtime.ports.enumerated() { values["port.\(port)"] = "\(18_000 + index)" }
        func expand(_ text: String) throws -> String {
            try TextTemplate(text, ports: runtime.ports).expanded(with: values)
        }
        let texts = try (runtime.command + runtime.environment.values.compactMap(\.text)).map(expand)
        for index in runtime.ports.indices where runtime.driver != .external {
            #expect(texts.contains { $0.contains("\(18_000 + index)") }, "port \(runtime.ports[index])")
        }
        #expect(try expand(runtime.ready.path) == recorded.ready.path)
        #expect(try runtime.live.map { try expand($0.path) } == recorded.live?.path)
        #expect(recorded.ready.sound == 200 && recorded.live?.sound ?? 200 == 200 && recorded.ready.unready != 200)
        #expect((runtime.metrics == nil) == (recorded.page == nil))
    }

    @Test(arguments: names) func itsFiguresAreOnItsServersPage(name: String) throws {
        let (runtime, _) = try Self.read(name)
        let recorded = try Self.recorded(name)
        guard let page = recorded.page else { return }
        let names = try #require(runtime.metrics?.names).naming(model: "wine")
        let bytes = Array(try Data(contentsOf: Self.answers.appending(path: page)))
        let reading = FigureReading(bytes.span, profile: MetricProfile(names))
        #expect(reading.summary.badLines == 0)
        #expect(Set(reading.values.keys.map(\.rawValue)) == Set(recorded.figures?.keys.map { $0 } ?? []))
        for (figure, value) in reading.values {
            let expected = try #require(recorded.figures?[figure.rawValue])
            #expect((value - expected).magnitude < 1e-9, "\(figure)")
        }
        let duration = (names.duration?.sum ?? []) + (names.duration?.count ?? [])
        for series in names.requests + names.errors + names.inFlight + duration {
            let alone = FigureReading(bytes.span, profile: MetricProfile(MetricNames(inFlight: [series])))
            #expect(!alone.values.isEmpty, "\(series) is not on the page")
        }
    }

    @Test func theBuiltInNamesAreThoseOfTheProfiles() throws {
        #expect(try Self.read("mlserver").runtime.metrics?.names == MetricProfile.mlserver)
        #expect(try Self.read("triton").runtime.metrics?.names == MetricProfile.triton)
    }
}

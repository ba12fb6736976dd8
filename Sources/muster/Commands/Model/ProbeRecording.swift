import Fleet
import FleetClient
import FleetManifest
import Foundation

/// Records a golden probe's answer from a server that runs the version and is right.
struct ProbeRecording {
    /// How many differing values are named.
    private static let differencesNamed = 5

    private let document: ManifestDocument
    private let version: ModelVersion
    private let reference: ReferenceServer
    private let request: ManifestNode
    /// Without its answer.
    private let probe: GoldenProbe
    private let select: JSONPath

    /// What is to be asked of whom.
    ///
    /// - Parameters:
    ///   - document: the model version; its probe may be left out where the URL has a path and there is a request.
    ///   - url: the reference; its path, if it has one, is the probe's.
    ///   - requestFile: a JSON file, in place of the manifest's request.
    ///   - select: a JSON path, in place of the manifest's.
    init(_ document: ManifestDocument, from url: String, requestFile: String?, select: String?) throws {
        guard case .modelVersion(let version) = document.manifest else {
            throw CommandFailure(.probe, "a probe belongs to a ModelVersion", hint: "name its file: -f FILE")
        }
        reference = try ReferenceServer(url: url)
        let known = version.probe
        guard let path = reference.path ?? known?.path else {
            throw CommandFailure(
                .probe,
                "nothing says which path of \(url) the probe asks",
                hint: "write it behind the address, as in http://host:8080/v2/models/NAME/infer"
            )
        }
        if let written = known?.path, written != path {
            throw CommandFailure(
                .probe,
                "the manifest's probe asks \(written), and --probe-from asks \(path)",
                hint: "hosts ask what the manifest says: make them the same, or give the address alone"
            )
        }
        request = try Self.request(from: requestFile, else: known)
        let text = select ?? known?.select
        guard let parsed = JSONPath(text ?? "$") else {
            throw CommandFailure(
                .probe,
                "'\(text ?? "")' is no JSON path to one value",
                hint: "write it like $.outputs[0].data (RFC 9535)"
            )
        }
        self.select = parsed
        self.document = document
        self.version = version
        probe = GoldenProbe(
            port: known?.port ?? "http",
            path: path,
            request: JSONTextWriter.compact(request, sorted: true),
            expect: "",
            select: text,
            absolute: known?.absolute ?? "0",
            relative: known?.relative ?? "0"
        )
    }

    /// Refuses a version whose probe has no answer.
    static func checkRecorded(_ document: ManifestDocument) throws {
        guard case .modelVersion(let version) = document.manifest, version.probe?.expect == "" else { return }
        throw CommandFailure(
            .probe,
            "the golden probe of \(version.name) has no 'expect'; nothing was sent",
            hint: "write what must be answered, or record it from a server that is right: --probe-from URL"
        )
    }

    /// Asks twice, and answers the document with what was answered.
    func recorded() async throws -> ManifestDocument {
        let first = try await answer()
        let second = try await answer()
        let comparison = GoldenComparison(
            expected: first.jsonValue,
            absolute: Double(probe.absolute) ?? 0,
            relative: Double(probe.relative) ?? 0
        )
        let differences = comparison.differences(in: second.jsonValue, limit: Self.differencesNamed)
        guard differences.isEmpty else {
            throw CommandFailure(
                .probe,
                "\(reference.url) answered the same request in two ways: it is no reference; nothing was sent",
                details: differences.map { $0.replacing("at $", with: "at \(select)", maxReplacements: 1) },
                hint:
                    "compare what does not change alone (--probe-path), or widen 'absolute' or 'relative' in the manifest"
            )
        }
        return try filled(with: first)
    }

    /// The part of one answer that is compared.
    private func answer() async throws -> ManifestNode {
        let bytes: [UInt8]
        do {
            bytes = try await reference.answer(to: Array(probe.request.utf8), path: probe.path)
        } catch {
            throw CommandFailure(error)
        }
        let reading = JSONTextReader.read(bytes)
        guard let root = reading.root, reading.problems.isEmpty else {
            throw CommandFailure(
                .probe,
                "the answer of \(reference.url) cannot be recorded: \(reading.problems.first?.message ?? "it is no JSON")",
                hint: "is POST \(probe.path) what the model server is asked?"
            )
        }
        guard let part = root.value(at: select) else {
            throw CommandFailure(
                .probe,
                "the answer of \(reference.url) has nothing at \(select)",
                details: ["it begins: \(String(decoding: bytes.prefix(200), as: UTF8.self))"],
                hint: "correct --probe-path"
            )
        }
        if case .object = part.value { return part }
        guard probe.select == nil else { return part }
        throw CommandFailure(
            .probe,
            "the answer of \(reference.url) is \(part.sort), and a probe without a JSON path compares an object",
            hint: "name a part: --probe-path '$[0]'"
        )
    }

    private func filled(with expected: ManifestNode) throws -> ManifestDocument {
        guard var spec = document.node["spec"] else { return document }
        var version = version
        var probe = probe
        probe.expect = JSONTextWriter.compact(expected, sorted: true)
        version.probe = probe
        spec.set(
            "probe",
            to: .object([
                "port": .string(probe.port), "path": .string(probe.path), "request": request, "expect": expected,
                "select": probe.select.map { .string($0) }, "absolute": .string(probe.absolute),
                "relative": .string(probe.relative),
            ])
        )
        var node = document.node
        node.set("spec", to: spec)
        return ManifestDocument(manifest: .modelVersion(version), node: node)
    }

    private static func request(from file: String?, else known: GoldenProbe?) throws -> ManifestNode {
        guard let file else {
            guard let node = known.flatMap({ JSONTextReader.read(Array($0.request.utf8)).root }) else {
                throw CommandFailure(
                    .probe,
                    "nothing says what the probe asks",
                    hint: "write spec.probe.request in the manifest, or give --probe-request FILE"
                )
            }
            return node
        }
        guard let bytes = try? Data(contentsOf: URL(filePath: file)) else {
            throw CommandFailure(.probe, "cannot read \(file)", hint: "check the name and the permissions of the file")
        }
        let reading = JSONTextReader.read(bytes)
        guard let node = reading.root, reading.problems.isEmpty, case .object = node.value else {
            throw CommandFailure(
                .probe,
                "\(file) holds no JSON object: \(reading.problems.first?.message ?? "it is something else")",
                hint: "write the request's body as the model server takes it"
            )
        }
        return node
    }
}

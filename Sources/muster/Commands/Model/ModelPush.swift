import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster model push`.
struct ModelPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Upload a directory as the bundle of a model version, and apply the version.",
        discussion: """
            Every regular file of the directory becomes part of the bundle, by its digest: what the controller has \
            already is not sent again. The manifest's `bundle` is filled in; a bundle that it names must be this one.

            With --probe-from the golden probe's answer is recorded from a server that runs this version and is right: \
            it is asked twice, and its answers must agree within the probe's tolerances.
            """
    )

    @Argument(help: "The directory with the model's files.", completion: .directory) var directory: String
    @OptionGroup var files: FileOptions
    @Option(help: ArgumentHelp("A running reference, to record the probe's answer from.", valueName: "url"))
    var probeFrom: String?
    @Option(help: ArgumentHelp("The probe's request, in place of the manifest's.", valueName: "json-file"))
    var probeRequest: String?
    @Option(help: ArgumentHelp("The part of the answer that is compared, as a JSON path.", valueName: "json-path"))
    var probePath: String?
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Show no progress bar.") var noProgress = false

    func validate() throws {
        guard probeFrom != nil || (probeRequest == nil && probePath == nil) else {
            throw ValidationError(
                "--probe-request and --probe-path say what to record: name the reference, --probe-from URL."
            )
        }
    }

    func run() async throws {
        var documents = try ManifestFiles.read(files.files, bundle: .optional)
        let index = try Self.versionIndex(in: documents)
        if let probeFrom {
            let recording = try ProbeRecording(
                documents[index],
                from: probeFrom,
                requestFile: probeRequest,
                select: probePath
            )
            documents[index] = try await recording.recorded()
        }
        try ProbeRecording.checkRecorded(documents[index])
        try await OperatorSession.run { session in
            let upload = try BundleUpload(of: directory, in: session, showsProgress: !noProgress)
            documents[index] = try Self.filled(documents[index], bundle: upload.list.digest, directory: directory)
            let summary = try await upload.send()
            if let probeFrom, let probe = Self.probe(of: documents[index]) {
                session.terminal.say(
                    "probe: the answer of \(probeFrom) to POST \(probe.path) is recorded, \(Measure.bytes(Int64(probe.expect.utf8.count)))"
                )
            }
            session.terminal.say(summary)
            try await ApplyCommand.apply(documents, reason: reason, in: session)
            if case .modelVersion(let version) = documents[index].manifest {
                session.terminal.say(
                    "\nTo run it, write version \(version.version) of \(version.model) into a Deployment: muster plan -f FILE"
                )
            }
        }
    }

    private static func probe(of document: ManifestDocument) -> GoldenProbe? {
        if case .modelVersion(let version) = document.manifest { version.probe } else { nil }
    }

    /// Where the one model version stands.
    static func versionIndex(in documents: [ManifestDocument]) throws -> Int {
        let found = documents.indices.filter { documents[$0].manifest.kind == .modelVersion }
        guard found.count == 1, let index = found.first else {
            throw CommandFailure(
                .bundle,
                "the files hold \(found.count) documents of kind ModelVersion; a push needs exactly one",
                hint: "name the file of the version that the directory holds"
            )
        }
        return index
    }

    /// The document with the bundle's digest.
    static func filled(_ document: ManifestDocument, bundle: Digest, directory: String) throws -> ManifestDocument {
        guard case .modelVersion(var version) = document.manifest, var spec = document.node["spec"] else {
            return document
        }
        if let named = version.bundle, named != bundle {
            throw CommandFailure(
                .bundle,
                "the manifest names the bundle \(named), but \(directory) is \(bundle)",
                hint: "a version never changes: give the changed files a new version, or remove `bundle`"
            )
        }
        version.bundle = bundle
        var node = document.node
        spec.set("bundle", to: .string(bundle.description))
        node.set("spec", to: spec)
        return ManifestDocument(manifest: .modelVersion(version), node: node)
    }
}

import ArgumentParser
import Fleet
import FleetClient
import FleetManifest

/// `muster runtime push`.
struct RuntimePush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Upload a directory as the bundle of a runtime, the model server itself, and apply the runtime.",
        discussion: """
            With `bundle: {install: wheels}` the directory holds Python wheels, pip's own among them: hosts make an \
            environment of them, without a network. A requirements.txt with hashes beside them says what is installed; \
            without one all of them are. With `install: directory` the files are used as they are.
            The manifest's `bundle.digest` is filled in; a digest that it names must be this one. What runs changes only \
            when a Deployment is applied with --resolve.
            """
    )

    @Argument(help: "The directory with the server's files.", completion: .directory) var directory: String
    @OptionGroup var files: FileOptions
    @Option(help: "Why; it is kept in the audit.") var reason: String?
    @Flag(help: "Show no progress bar.") var noProgress = false

    func run() async throws {
        var documents = try ManifestFiles.read(files.files, bundle: .optional)
        let (index, runtime, brought) = try Self.runtime(in: documents)
        try await OperatorSession.run { session in
            let upload = try BundleUpload(of: directory, in: session, showsProgress: !noProgress)
            if brought.install == .wheels { try WheelDirectory(path: directory, list: upload.list).check() }
            documents[index] = try Self.filled(documents[index], bundle: upload.list.digest, directory: directory)
            session.terminal.say(try await upload.send())
            try await ApplyCommand.apply(documents, reason: reason, in: session)
            session.terminal.say(
                "\nTo run it, apply a Deployment of runtime \(runtime.name) with its names resolved anew: "
                    + "muster apply -f FILE --resolve"
            )
        }
    }

    /// The one runtime that brings a bundle, and where it stands.
    static func runtime(in documents: [ManifestDocument]) throws -> (Int, RuntimeProfile, RuntimeBundle) {
        let found = documents.indices.compactMap { index -> (Int, RuntimeProfile)? in
            if case .runtime(let runtime) = documents[index].manifest { (index, runtime) } else { nil }
        }
        guard found.count == 1, let (index, runtime) = found.first else {
            throw CommandFailure(
                .bundle,
                "the files hold \(found.count) documents of kind Runtime; a push needs exactly one",
                hint: "name the file of the runtime that the directory is for"
            )
        }
        guard let bundle = runtime.bundle else {
            throw CommandFailure(
                .bundle,
                "Runtime \(runtime.name) says nothing of a bundle: its server is what a host has installed",
                hint: "write `bundle: {install: wheels}`, or `{install: directory}`, and {runtime.dir} into 'command'"
            )
        }
        return (index, runtime, bundle)
    }

    /// The document with the bundle's digest.
    static func filled(_ document: ManifestDocument, bundle: Digest, directory: String) throws -> ManifestDocument {
        guard case .runtime(var runtime) = document.manifest, var spec = document.node["spec"],
            var written = spec["bundle"]
        else { return document }
        if let named = runtime.bundle?.digest, named != bundle {
            throw CommandFailure(
                .bundle,
                "the manifest names the bundle \(named), but \(directory) is \(bundle)",
                hint: "remove `digest` from the manifest, and push again"
            )
        }
        runtime.bundle?.digest = bundle
        var node = document.node
        written.set("digest", to: .string(bundle.description))
        spec.set("bundle", to: written)
        node.set("spec", to: spec)
        return ManifestDocument(manifest: .runtime(runtime), node: node)
    }
}

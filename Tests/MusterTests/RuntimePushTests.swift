import Fleet
import FleetClient
import FleetManifest
import Foundation
import Testing

@testable import muster

/// What `muster runtime push` sees before it sends anything.
@Suite struct RuntimePushTests {
    private static let manifest = """
        apiVersion: muster/v1
        kind: Runtime
        metadata: {name: r}
        spec:
          driver: process
          bundle: {install: wheels}
          command: ["{runtime.dir}/bin/serve"]
          ports: [http]
          update: recreate
          health: {ready: {http: {port: http, path: /}}}
        """

    private static func read(_ text: String) -> [ManifestDocument] {
        var batch = ManifestBatch(bundle: .optional)
        batch.add(yaml: text.utf8, file: "r.yaml")
        return batch.documents
    }

    /// What is said of a directory with these files; nothing when it will do.
    private func details(_ files: [String: String]) throws -> [String] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "muster-wheels-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files {
            let path = directory.appending(path: name)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: path)
        }
        let bundle = try BundleDirectory(path: directory.path)
        do throws(CommandFailure) {
            try WheelDirectory(path: bundle.path, list: bundle.list).check()
            return []
        } catch {
            #expect(error.message == "\(bundle.path) is no set of wheels that a host can install; nothing was sent")
            return error.details.map { $0.replacing(bundle.path, with: "d") }
        }
    }

    @Test func theDigestIsFilledInAndMustBeThisOne() throws {
        let documents = Self.read(Self.manifest)
        let (index, _, bundle) = try RuntimePush.runtime(in: documents)
        #expect(bundle.digest == nil)
        let digest = Digest(of: "one".utf8)
        let filled = try RuntimePush.filled(documents[index], bundle: digest, directory: "d")
        guard case .runtime(let runtime) = filled.manifest else { return #expect(Bool(false)) }
        #expect(runtime.bundle == RuntimeBundle(install: .wheels, digest: digest))
        #expect(filled.node["spec"]?["bundle"]?["digest"]?.value == .string(digest.description))
        #expect(throws: CommandFailure.self) {
            try RuntimePush.filled(filled, bundle: Digest(of: "other".utf8), directory: "d")
        }
        #expect(throws: CommandFailure.self) { try RuntimePush.runtime(in: []) }
        let without = Self.manifest.replacing("  bundle: {install: wheels}\n", with: "").replacing(
            "{runtime.dir}",
            with: "/opt"
        )
        #expect(throws: CommandFailure.self) { try RuntimePush.runtime(in: Self.read(without)) }
    }

    @Test func aSetOfWheelsIsChecked() throws {
        let pip = "pip-24-py3-none-any.whl"
        let server = "server-1-py3-none-any.whl"
        let lock = "requirements.txt"
        let hash = "--hash=sha256:\(Digest(of: "s".utf8).hex)"
        #expect(try details([pip: "p", server: "s"]) == [])
        #expect(
            try details([pip: "p", server: "s", lock: "# made by hand\nserver==1 \\\n    \(hash)  # why\n\n"]) == []
        )
        #expect(
            try details([pip: "p", server: "s", lock: "server==1 \(hash)\nwin==1 ; os_name == 'nt' --hash=sha256:00"])
                == []
        )
        #expect(
            try details([server: "s"]) == [
                "there is no wheel of pip, which installs the others on a host: pip download --dest d pip"
            ]
        )
        #expect(
            try details([pip: "p", "sub/\(server)": "s"]) == [
                "sub/\(server) is no wheel: build one of it (pip wheel), or remove it",
                "there is no wheel of a server: pip download --dest d --only-binary :all: NAME",
            ]
        )
        #expect(
            try details([pip: "p", server: "s", lock: "server==1\n--index-url https://x\nother==2 --hash=sha256:00\n"])
                == [
                    "requirements.txt does not lock 'server==1': write it with --hash=sha256:… (pip-compile --generate-hashes)",
                    "requirements.txt holds the option '--index-url', which has no effect on a host: remove it",
                    "requirements.txt asks for 'other==2', and no wheel here has one of its hashes: "
                        + "pip download --dest d --require-hashes -r requirements.txt",
                ]
        )
        #expect(
            try details([pip: "p", server: "s", lock: "\n"]) == [
                "requirements.txt asks for nothing: remove it, or fill it"
            ]
        )
    }
}

import Fleet
import FleetManifest
import Foundation

/// Reads the files that `-f` names.
enum ManifestFiles {
    /// One file, as it was read.
    struct Source {
        var file: String
        var bytes: Data
    }

    /// Every document of every file; `-` is standard input, a directory stands for its `.yaml`, `.yml` and `.json` files.
    ///
    /// Throws one `CommandFailure` with every mistake of every file.
    static func read(_ paths: [String], bundle: ManifestBatch.BundleRule = .required) throws -> [ManifestDocument] {
        try documents(of: sources(paths), bundle: bundle)
    }

    /// The files behind what `-f` names.
    static func sources(_ paths: [String]) throws -> [Source] {
        // One byte beyond the bound is enough for the reader to name it.
        try paths.flatMap(expand).map { Source(file: $0, bytes: try bytes(of: $0, limit: ManifestLimits.bytes)) }
    }

    /// Every document of these files.
    static func documents(
        of sources: [Source],
        bundle: ManifestBatch.BundleRule = .required
    ) throws -> [ManifestDocument] {
        var batch = ManifestBatch(bundle: bundle)
        for source in sources { batch.add(yaml: source.bytes, file: source.file) }
        guard batch.problems.isEmpty else { throw CommandFailure(problems: batch.problems) }
        return batch.documents
    }

    private static func expand(_ path: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
            isDirectory.boolValue
        else { return [path] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw CommandFailure(.localFile, "cannot read the directory \(path)", hint: "check its permissions")
        }
        let files = names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }.sorted()
        guard !files.isEmpty else {
            throw CommandFailure(
                .localFile,
                "\(path) holds no .yaml, .yml or .json file",
                hint: "name a file, or another directory"
            )
        }
        return files.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    /// A file's bytes, and at most one beyond a limit.
    static func bytes(of path: String, limit: Int) throws -> Data {
        do {
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
            return try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw CommandFailure(
                .localFile,
                "cannot read \(path)",
                hint: "check the name and the permissions of the file"
            )
        }
    }
}

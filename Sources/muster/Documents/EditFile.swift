import Fleet
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The file that an editor opens: only its owner reads it, and it stays when it holds what was not taken.
struct EditFile {
    /// The directory that holds it alone.
    private let directory: String
    /// Its whole name.
    let path: String

    /// - Parameter name: such as `deployment-wine.yaml`.
    init(named name: String, in parent: String = NSTemporaryDirectory()) throws {
        let pattern = (parent.hasSuffix("/") ? parent : parent + "/") + "muster-edit-XXXXXX"
        guard let made = pattern.withCString({ text in strdup(text).flatMap { mkdtemp($0) } }) else {
            throw CommandFailure(
                .localFile,
                "cannot make a directory in \(parent): \(String(cString: strerror(errno)))",
                hint: "name another one with TMPDIR"
            )
        }
        directory = String(cString: made)
        free(made)
        path = "\(directory)/\(name)"
    }

    /// Writes the text that the editor opens.
    func write(_ text: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw CommandFailure(
                .localFile,
                "cannot write \(path): \(error.localizedDescription)",
                hint: "is the disk full?"
            )
        }
    }

    /// What the editor left; `nil` when that is not UTF-8.
    func read() throws -> String? {
        do {
            return String(validating: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
            throw CommandFailure(.localFile, "cannot read \(path) any more; nothing was changed", hint: "edit it again")
        }
    }

    /// Whether there is anything of it.
    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Forgets it.
    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}

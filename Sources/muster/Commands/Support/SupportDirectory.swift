import Fleet
import Foundation
import Synchronization

/// Where a support bundle is put together: only its owner reads it.
final class SupportDirectory: Sendable {
    let path: String
    private let files = Mutex<Set<String>>([])

    /// Makes the directory.
    ///
    /// - Throws: `CommandFailure` when it is there already or cannot be made.
    init(path: String) throws {
        self.path = path
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure.usage("\(path) is there already", hint: "name a directory that is not, with --to")
        }
        try makeDirectory(path)
    }

    /// How many files there are.
    var count: Int { files.withLock { $0.count } }

    /// Writes on at a file's end; its path is within the directory.
    func append(_ text: String, to file: String) throws {
        let whole = "\(path)/\(file)"
        do {
            if files.withLock({ $0.insert(file).inserted }) {
                try makeDirectory(URL(filePath: whole).deletingLastPathComponent().path())
                let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
                _ = FileManager.default.createFile(atPath: whole, contents: nil, attributes: owner)
            }
            let handle = try FileHandle(forWritingTo: URL(filePath: whole))
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw Self.failure("write \(whole)", error)
        }
    }

    private func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw Self.failure("make the directory \(path)", error)
        }
    }

    private static func failure(_ what: String, _ error: any Error) -> CommandFailure {
        CommandFailure(
            .localFile,
            "cannot \(what): \(error.localizedDescription)",
            hint: "name another directory with --to, on a disk that has room"
        )
    }
}

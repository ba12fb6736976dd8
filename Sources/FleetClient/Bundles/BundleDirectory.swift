import Crypto
package import Fleet
import Foundation

/// A directory whose files are to become a bundle: regular files only, hashed as they are.
package struct BundleDirectory: Sendable {
    /// Bytes read at once.
    private static let chunk = 1 << 20

    /// Where it is.
    package let path: String
    /// What it holds.
    package let list: BundleList

    /// Walks and hashes a directory. `progress` is told how many bytes were hashed, of how many.
    package init(path: String, progress: (Int64, Int64) -> Void = { _, _ in }) throws(ClientError) {
        self.path = path
        let found = try Self.files(in: path)
        let total = found.reduce(0) { $0 + $1.size }
        var done: Int64 = 0
        var files: [BundleList.File] = []
        for file in found {
            let digest = try Self.digest(of: "\(path)/\(file.path)") { count in
                done += Int64(count)
                progress(done, total)
            }
            files.append(.init(digest: digest, size: file.size, mode: file.mode, path: file.path))
        }
        do throws(BundleList.Problem) {
            list = try BundleList(files: files)
        } catch {
            throw ClientError(
                .file,
                "\(path) cannot be a bundle: \(error.message)",
                hint: "rename or remove what is named"
            )
        }
    }

    /// One URL to read for each digest of the list.
    package var sources: [Fleet.Digest: BundleList.File] {
        Dictionary(list.files.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private typealias Found = (path: String, size: Int64, mode: UInt16)

    private static func files(in root: String) throws(ClientError) -> [Found] {
        let manager = FileManager.default
        var isDirectory: ObjCBool = false
        guard manager.fileExists(atPath: root, isDirectory: &isDirectory), isDirectory.boolValue,
            let walk = manager.enumerator(atPath: root)
        else {
            throw ClientError(.file, "\(root) is not a directory", hint: "name the directory with the model's files")
        }
        var found: [Found] = []
        while let path = walk.nextObject() as? String {
            let attributes: [FileAttributeKey: Any]
            do {
                attributes = try manager.attributesOfItem(atPath: "\(root)/\(path)")
            } catch {
                throw ClientError(.file, "\(root)/\(path) cannot be read", hint: "check its permissions", cause: error)
            }
            switch attributes[.type] as? FileAttributeType {
            case .typeDirectory?: continue
            case .typeRegular?: break
            default:
                throw ClientError(
                    .file,
                    "\(root)/\(path) is neither a file nor a directory",
                    hint: "a bundle holds regular files only: copy what a link points to"
                )
            }
            guard found.count < BundleList.fileLimit else {
                throw ClientError(
                    .file,
                    "\(root) holds more than \(BundleList.fileLimit) files",
                    hint: "pack them together"
                )
            }
            let bits = (attributes[.posixPermissions] as? NSNumber)?.uint16Value ?? 0o644
            let size = (attributes[.size] as? NSNumber)?.int64Value ?? 0
            found.append((path, size, bits & 0o100 == 0 ? 0o644 : 0o755))
        }
        guard !found.isEmpty else {
            throw ClientError(.file, "\(root) holds no files", hint: "name the directory with the model's files")
        }
        return found
    }

    private static func digest(of path: String, progress: (Int) -> Void) throws(ClientError) -> Fleet.Digest {
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? handle.close() }
            var hash = SHA256()
            while let data = try handle.read(upToCount: chunk), !data.isEmpty {
                hash.update(data: data)
                progress(data.count)
            }
            return Fleet.Digest(hash.finalize())
        } catch {
            throw ClientError(.file, "\(path) cannot be read", hint: "check its permissions", cause: error)
        }
    }
}

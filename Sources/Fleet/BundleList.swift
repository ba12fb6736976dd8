/// What a bundle holds: the list of lines `sha256 size mode path`, sorted by the path's bytes, each ended by a newline.
///
/// The list is itself a blob: its digest *is* the bundle's digest, so a host that knows the digest can fetch the list,
/// verify it, and then fetch and verify each file.
package struct BundleList: Hashable, Sendable {
    /// One regular file.
    package struct File: Hashable, Sendable {
        /// The blob with the file's content.
        package var digest: Digest
        /// Bytes.
        package var size: Int64
        /// Permission bits: 0644 or 0755.
        package var mode: UInt16
        /// Relative, `/`-separated, no `..`, no empty component, no newline.
        package var path: String

        /// A file as a bundle names it.
        package init(digest: Digest, size: Int64, mode: UInt16, path: String) {
            self.digest = digest
            self.size = size
            self.mode = mode
            self.path = path
        }
    }

    /// Why a list is not one.
    package struct Problem: Error, Hashable, Sendable {
        /// What is wrong, for people.
        package let message: String
    }

    /// The most files that one bundle may hold.
    package static let fileLimit = 10_000

    /// Sorted by the bytes of their paths.
    package let files: [File]

    /// Sorts and checks files.
    package init(files: [File]) throws(Problem) {
        guard files.count <= Self.fileLimit else {
            throw Problem(message: "the bundle holds \(files.count) files; at most \(Self.fileLimit) are allowed")
        }
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var previous: String?
        var total: Int64 = 0
        for file in self.files {
            if let reason = Self.problem(withPath: file.path) {
                throw Problem(message: "the path '\(file.path)' \(reason)")
            }
            guard file.path != previous else { throw Problem(message: "the path '\(file.path)' stands twice") }
            guard file.mode == 0o644 || file.mode == 0o755, file.size >= 0 else {
                throw Problem(message: "'\(file.path)' has a mode other than 0644 or 0755, or a negative size")
            }
            let (sum, isTooMuch) = total.addingReportingOverflow(file.size)
            guard !isTooMuch else { throw Problem(message: "the files together are larger than any disk") }
            total = sum
            previous = file.path
        }
    }

    /// Reads the bytes of a list. Anything but the exact canonical form is refused.
    package init(bytes: some Collection<UInt8>) throws(Problem) {
        var files: [File] = []
        var lineNumber = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: true) {
            lineNumber += 1
            let fields = String(decoding: line, as: UTF8.self)
                .split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4, let digest = Digest(hex: fields[0]), let size = Int64(fields[1]),
                let mode = UInt16(fields[2], radix: 8)
            else {
                throw Problem(message: "line \(lineNumber) is not 'sha256 size mode path'")
            }
            files.append(File(digest: digest, size: size, mode: mode, path: String(fields[3])))
        }
        try self.init(files: files)
        guard self.bytes.elementsEqual(bytes) else {
            throw Problem(message: "the list is not in its canonical form (order, spacing or newline at the end)")
        }
    }

    /// The canonical bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            let mode = String(file.mode, radix: 8)
            let padded = String(repeating: "0", count: max(0, 4 - mode.count)) + mode
            bytes += "\(file.digest.hex) \(file.size) \(padded) \(file.path)\n".utf8
        }
        return bytes
    }

    /// The bundle's digest.
    package var digest: Digest { Digest(of: bytes) }

    /// The bytes of all files together.
    package var totalSize: Int64 { files.reduce(0) { $0 + $1.size } }

    private static func problem(withPath path: String) -> String? {
        if path.isEmpty || path.hasPrefix("/") { return "is not relative" }
        if path.utf8.count > 1024 { return "is longer than 1024 bytes" }
        if path.utf8.contains(where: { $0 < 0x20 }) { return "holds a control character" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
            return "holds an empty component, '.' or '..'"
        }
        return nil
    }
}

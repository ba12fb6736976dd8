import Glibc

/// The small files of procfs and cgroupfs, read in one call each.
enum ProcFile {
    /// The first 4 KiB of a file; `nil` when it cannot be read.
    static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let size = 4096
        let text = String(unsafeUninitializedCapacity: size) { buffer in
            max(0, unsafe read(file, buffer.baseAddress, size))
        }
        return text.isEmpty ? nil : text
    }

    /// The fields of a text, between spaces and newlines.
    static func fields(_ text: Substring) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
}

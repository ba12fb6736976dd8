/// A piece of one file of text of a support bundle.
package struct SupportPiece: Hashable, Sendable, Codable {
    /// The file's path within the host's part.
    package var file: String
    /// What comes next in it.
    package var text: String

    /// A piece of one file.
    package init(file: String, text: String) {
        self.file = file
        self.text = text
    }

    /// Whether the file may be written below a directory: a host says its name, and hosts may be anybody's.
    package var isInside: Bool {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 3 && file.utf8.count <= 200
            && parts.allSatisfy { part in
                !part.isEmpty && !part.hasPrefix(".")
                    && part.utf8.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                        default: false
                        }
                    }
            }
    }
}

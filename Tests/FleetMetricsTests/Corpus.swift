import Foundation

/// The documents of real servers in `Corpus/`. `triton-2.51.prom` alone is written by hand, after its documentation.
enum Corpus {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    static var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path()).sorted() }
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appending(path: name)))
    }
}

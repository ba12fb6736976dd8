import Foundation
import Testing

/// One manifest of `Wrong`: what a tired person wrote, and what that person is told.
struct WrongManifest: CustomTestStringConvertible {
    /// The line that begins it: its title, ` | BASE` where it is a change of a sound document, and marks in brackets for what
    /// a text file does not hold well.
    var head: String
    /// The document, or its changes: `-` a line of the sound document, `+` what stands there instead.
    var body: [String]
    /// What is said about it.
    var golden: [String]

    var testDescription: String { head }

    /// The directory of this test's files.
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Wrong")

    /// A file of them: comments, then each with its head, its body, `>>>` and what is said.
    struct File: CustomTestStringConvertible {
        var name: String
        var comments: [String]
        var manifests: [WrongManifest]

        var testDescription: String { name }

        /// As the file is written.
        var text: String {
            let parts = manifests.map { manifest in
                ["=== \(manifest.head)"] + manifest.body + [">>>"] + manifest.golden
            }
            return (comments + parts.joined()).joined(separator: "\n") + "\n"
        }

        static let all: [File] = {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path())) ?? []
            return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap { try? File(named: $0) }
        }()

        init(named name: String) throws {
            self.name = name
            let text = try String(contentsOf: directory.appending(path: name), encoding: .utf8)
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
            if lines.last == "" { lines.removeLast() }
            comments = Array(lines.prefix { !$0.hasPrefix("=== ") })
            manifests = []
            var isGolden = false
            for line in lines.dropFirst(comments.count) {
                if line.hasPrefix("=== ") {
                    manifests.append(WrongManifest(head: String(line.dropFirst(4)), body: [], golden: []))
                    isGolden = false
                } else if line == ">>>" {
                    isGolden = true
                } else if isGolden {
                    manifests[manifests.count - 1].golden.append(line)
                } else {
                    manifests[manifests.count - 1].body.append(line)
                }
            }
        }
    }

    /// Why a manifest of `Wrong` is none.
    struct Flaw: Error {
        var message: String
    }

    /// The bytes that the person saved.
    func bytes() throws -> [UInt8] {
        let words = head.split(separator: " ").map { String($0) }
        var lines = body
        if let bar = words.firstIndex(of: "|"), bar + 1 < words.count {
            let file = Self.directory.appending(path: "Sound/\(words[bar + 1]).yaml")
            lines = try Self.changed(String(contentsOf: file, encoding: .utf8), by: body)
        }
        var text = lines.joined(separator: "\n") + "\n"
        let marks = head.split(separator: "[").dropFirst().compactMap { $0.split(separator: "]").first }
        if marks.contains("nbsp") { text = text.replacing("␣", with: "\u{A0}") }
        if marks.contains("bell") { text = text.replacing("␇", with: "\u{7}") }
        if marks.contains("crlf") { text = text.replacing("\n", with: "\r\n") }
        if marks.contains("bom") { text = "\u{FEFF}" + text }
        if marks.contains("latin1") { return text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
        if marks.contains("utf16") { return [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
        return Array(text.utf8)
    }

    /// A sound document with changes: lines that stand beside each other are replaced by others; what replaces nothing is
    /// added at the end.
    private static func changed(_ sound: String, by changes: [String]) throws -> [String] {
        var lines = sound.split(separator: "\n").map { String($0) }
        var rest = changes[...]
        while !rest.isEmpty {
            let old = rest.prefix { $0.hasPrefix("-") }
            rest = rest.dropFirst(old.count)
            let new = rest.prefix { $0.hasPrefix("+") }
            rest = rest.dropFirst(new.count)
            guard !old.isEmpty || !new.isEmpty else { throw Flaw(message: "neither - nor +: \(rest.first ?? "")") }
            let wanted = old.map { String($0.dropFirst()) }
            let starts = lines.indices.filter { lines[$0...].starts(with: wanted) }
            guard let start = old.isEmpty ? lines.count : starts.first else {
                throw Flaw(message: "the sound document does not hold: \(wanted)")
            }
            lines.replaceSubrange(start..<start + old.count, with: new.map { String($0.dropFirst()) })
        }
        return lines
    }
}

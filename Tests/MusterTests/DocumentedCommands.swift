import Foundation
import Testing

/// The commands of our programs that README and the pages of the documentation name.
enum DocumentedCommands {
    /// A command as somebody would type it, and where it stands.
    struct Command: Sendable, CustomTestStringConvertible {
        /// The program's name first.
        let words: [String]
        let place: String
        /// Whether it stands in a block of its own, and so is whole; in a sentence a command may be cut short.
        let isWhole: Bool

        var testDescription: String { "\(place): \(words.joined(separator: " "))" }
    }

    /// All of them. The reference's blocks show what a command may take, which nobody types.
    static let all: [Command] = files.flatMap { file in
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let isReference = file.path().contains("/Reference/")
        return commands(in: text, file: file.lastPathComponent, takesBlocks: !isReference)
    }

    private static var files: [URL] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let catalogue = root.appending(path: "Sources/muster/muster.docc")
        let pages = FileManager.default.enumerator(at: catalogue, includingPropertiesForKeys: nil)?.allObjects ?? []
        return [root.appending(path: "README.md")]
            + pages.compactMap { $0 as? URL }.filter { $0.pathExtension == "md" }.sorted { $0.path() < $1.path() }
    }

    private static func commands(in text: String, file: String, takesBlocks: Bool) -> [Command] {
        var found: [Command] = []
        var isBlock = false
        var begun = ""
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place = "\(file):\(number + 1)"
            if line.hasPrefix("```") {
                isBlock.toggle()
            } else if !isBlock {
                for match in line.matches(of: /`(muster[a-z-]* [^`]+)`/) {
                    found += ShellWords.commands(in: String(match.1)).map {
                        Command(words: $0, place: place, isWhole: false)
                    }
                }
            } else if takesBlocks {
                begun += line.hasPrefix("$ ") || line.hasPrefix("# ") || line.hasPrefix("> ") ? line.dropFirst(2) : line
                if begun.hasSuffix("\\") {
                    begun.removeLast()
                } else {
                    found += ShellWords.commands(in: begun).map { Command(words: $0, place: place, isWhole: true) }
                    begun = ""
                }
            }
        }
        return found.filter {
            ["muster", "muster-agent", "muster-controller"].contains($0.words.first) && $0.words.count > 1
        }
    }
}

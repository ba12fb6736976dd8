import Foundation

/// The checkout's files that the rules speak about, and the names at its top.
struct SourceTree: Sendable {
    let files: [SourceFile]
    /// What stands at the top of the checkout, less what git ignores.
    let topLevel: [String]

    init(files: [SourceFile], topLevel: [String] = []) {
        self.files = files
        self.topLevel = topLevel
    }

    /// The checkout that this test was compiled from.
    static let checkout: SourceTree = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return SourceTree(root: root)
    }()

    private init(root: URL) {
        let manager = FileManager.default
        let top = (try? manager.contentsOfDirectory(atPath: root.path)) ?? []
        self.topLevel = top.filter { !$0.hasPrefix(".build") && $0 != "Package.resolved" && $0 != ".DS_Store" }.sorted()

        var paths = ["Package.swift", "README.md"]
        for directory in ["Sources", "Tests", "Protocols", "Deploy"] {
            let inside = manager.enumerator(atPath: root.appending(path: directory).path)?.compactMap { $0 as? String }
            paths += (inside ?? []).map { "\(directory)/\($0)" }
        }
        self.files = paths.sorted().compactMap { path in
            let isDerived = path.contains("__pycache__")
            guard !isDerived, let data = manager.contents(atPath: root.appending(path: path).path) else { return nil }
            return String(data: data, encoding: .utf8).map { SourceFile(path: path, text: $0) }
        }
    }

    /// The targets that README's map names, in its order: what stands as code in the first column.
    var map: [String] {
        guard let text = files.first(where: { $0.path == "README.md" })?.text,
            let heading = text.firstRange(of: "\n## The map\n")
        else { return [] }
        let rest = text[heading.upperBound...]
        return rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)].split(separator: "\n")
            .filter { $0.hasPrefix("| `") }
            .flatMap { row in
                let cell = row.dropFirst().prefix { $0 != "|" }
                return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            }
    }

    /// Package.swift's targets in their order, each with the targets it names as dependencies.
    var targets: [(name: String, dependencies: [String])] {
        guard let manifest = files.first(where: { $0.path == "Package.swift" })?.text,
            let list = manifest.firstRange(of: "\n    targets: [")
        else { return [] }
        let starts = ["room(", "program(", "tests(", ".systemLibrary(", ".target(", ".executableTarget("]
        var found: [(name: String, quoted: [String])] = []
        for line in manifest[list.upperBound...].split(separator: "\n") {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            guard !trimmed.hasPrefix("//") else { continue }
            var quoted = trimmed.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            if starts.contains(where: trimmed.hasPrefix) { found.append(("", [])) }
            guard var last = found.popLast() else { continue }
            if last.name.isEmpty, !quoted.isEmpty { last.name = quoted.removeFirst() }
            last.quoted += quoted
            found.append(last)
        }
        let names = Set(found.map(\.name))
        return found.map { ($0.name, $0.quoted.filter(names.contains)) }
    }
}

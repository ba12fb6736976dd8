/// One file of the checkout, as text and as bare code.
struct SourceFile: Sendable {
    /// The path inside the checkout, such as `Sources/Fleet/Host.swift`.
    let path: String
    let text: String
    /// The text's lines without comments and without what string literals say; the same number of lines as `text`.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        self.code =
            path.hasSuffix(".swift")
            ? BareCode.of(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The file's name without directories.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The target that the file belongs to: the directory under `Sources` or `Tests`.
    var room: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
        return String(parts[1])
    }

    var isSource: Bool { path.hasPrefix("Sources/") && isSwift && !isGenerated }
    var isTest: Bool { path.hasPrefix("Tests/") }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isGenerated: Bool { path.contains("/Generated/") }

    /// The modules this file imports, each with its line number: `import struct NIOCore.ByteBuffer` is `NIOCore`.
    var imports: [(line: Int, module: String)] {
        code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import") else { return nil }
            let modifiers: Set<Substring> = ["package", "public", "internal", "private", "fileprivate", "@testable"]
            guard words[..<keyword].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") }) else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let named = words[(keyword + 1)...].first { !kinds.contains($0) }
            guard let module = named?.split(separator: ".").first else { return nil }
            return (index + 1, String(module))
        }
    }

    /// The lines of code that hold this token as a token: its neighbours are no letters, digits or underscores
    /// (where it begins or ends with one itself).
    func lines(with token: String) -> [Int] {
        code.indices.filter { code[$0].holds(token: token) }.map { $0 + 1 }
    }

    /// Each type that the file declares or extends: its name, its line, and whether it stands at the left margin.
    var types: [(line: Int, keyword: String, name: String, isTopLevel: Bool, isPrivate: Bool)] {
        let keywords: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias", "extension"]
        return code.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { " (".contains($0) })
            guard let keyword = words.firstIndex(where: keywords.contains), keyword + 1 < words.count,
                !words[..<keyword].contains("import"),
                words[..<keyword].allSatisfy({ $0.allSatisfy { $0.isLetter || "@_)".contains($0) } })
            else { return nil }
            let name = words[keyword + 1].prefix { $0.isLetter || $0.isNumber || "_.".contains($0) }
            guard let first = name.first, first.isUppercase else { return nil }
            let isPrivate = words[..<keyword].contains { $0 == "private" || $0 == "fileprivate" }
            return (index + 1, String(words[keyword]), String(name), line.first != " ", isPrivate)
        }
    }
}

extension String {
    /// Whether the token stands in this line as a token of its own.
    fileprivate func holds(token: String) -> Bool {
        func joins(_ character: Character?) -> Bool {
            character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
        }
        var rest = self[...]
        while let found = rest.firstRange(of: token) {
            let before = found.lowerBound == startIndex ? nil : self[index(before: found.lowerBound)]
            let after = found.upperBound == endIndex ? nil : self[found.upperBound]
            if !(joins(token.first) && joins(before)), !(joins(token.last) && joins(after)) { return true }
            rest = rest[found.upperBound...]
        }
        return false
    }
}

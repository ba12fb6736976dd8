/// The paths that a text of a runtime names.
///
/// A path begins with '/' where a word may begin, or is relative and climbs with '..'; it ends where the word does. So
/// `--cache=/srv/a`, `/a:/b`, `{"file": "/a"}` and `file:///a` name paths, and `https://example.com/a` does not. What a program
/// makes of other words nobody can see from outside: this bounds what is written, and the replica's user what can be done.
enum NamedPaths {
    private static let separators: Set<Character> = [
        " ", "\t", "\n", "\r", "\"", "'", "`", ",", ";", "=", "(", ")", "[", "]", "{", "}", "<", ">", "|", "&", "@",
    ]

    /// Those that are absolute, or climb, in the order of the text.
    static func paths(in text: String) -> [String] {
        text.split(whereSeparator: separators.contains).flatMap { paths(inWord: $0) }
    }

    private static func paths(inWord word: Substring) -> [String] {
        if let scheme = word.firstRange(of: "://") {
            guard word[..<scheme.lowerBound].lowercased().hasSuffix("file") else { return [] }
            let rest = word[scheme.upperBound...]
            return rest.firstIndex(of: "/").map { [String(rest[$0...])] } ?? []
        }
        return word.split(separator: ":").filter { part in
            part.hasPrefix("/") || part.split(separator: "/").contains("..")
        }.map(String.init)
    }
}

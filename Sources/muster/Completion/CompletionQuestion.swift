import ArgumentParser

/// What a shell's completion is about, read from the words so far: pure.
struct CompletionQuestion: Equatable {
    /// Whose names are wanted; `nil` for the names of types.
    var type: ObjectType?
    /// What stands before a name in the word that is completed: `deployment/`.
    var before = ""
    /// The login that the words name.
    var context: String?

    /// Objects of any type: `TYPE NAME` or `TYPE/NAME`.
    ///
    /// - Parameters:
    ///   - words: the command line, the program's name first.
    ///   - index: which of them is completed.
    init(objectsIn words: [String], at index: Int) {
        self.init(words, at: index)
        guard before.isEmpty else { return }
        let earlier = words.prefix(max(0, index)).dropFirst(2).filter { !$0.contains("/") }
        type = earlier.lazy.compactMap { try? ObjectType.named($0) }.first
    }

    /// Objects of one type: `NAME` or `TYPE/NAME`.
    init(_ type: ObjectType, in words: [String], at index: Int) {
        self.init(words, at: index)
        self.type = before.isEmpty || self.type == type ? type : nil
    }

    private init(_ words: [String], at index: Int) {
        let word = words.indices.contains(index) ? words[index] : ""
        let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, let named = try? ObjectType.named(String(parts[0])) {
            type = named
            before = "\(parts[0])/"
        }
        for (option, value) in zip(words, words.dropFirst()) where option == "--context" { context = value }
        for word in words where word.hasPrefix("--context=") { context = String(word.dropFirst("--context=".count)) }
    }
}

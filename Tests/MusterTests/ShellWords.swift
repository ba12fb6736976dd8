/// A line of a shell as the simple commands in it: enough of the grammar for what documentation shows.
enum ShellWords {
    /// The commands, those of `$(…)` first; each with its words, without redirections and comments.
    static func commands(in line: String) -> [[String]] {
        var inner: [[String]] = []
        var commands: [[String]] = [[]]
        var word: String?
        var skipsWord = false
        var rest = Substring(line)
        func end() {
            if let word, !skipsWord { commands[commands.count - 1].append(word) }
            if word != nil { skipsWord = false }
            word = nil
        }
        while let character = rest.popFirst() {
            switch character {
            case "'", "\"":
                let quoted = rest.prefix { $0 != character }
                rest = rest.dropFirst(quoted.count + 1)
                word = (word ?? "") + quoted
            case "$" where rest.first == "(":
                let substituted = substitution(&rest)
                inner += self.commands(in: substituted)
                word = (word ?? "") + "WORD"
            case " ": end()
            case "#" where word == nil: rest = ""
            case "|", ";", "&":
                end()
                commands.append([])
            case ">", "<":
                // A number before it is a descriptor's; the word behind it is a file's name.
                if word?.allSatisfy(\.isNumber) == true { word = nil }
                end()
                if rest.first == "&" || rest.first == "<" { rest = rest.drop { "&<".contains($0) } }
                skipsWord = true
            default: word = (word ?? "") + String(character)
            }
        }
        end()
        return inner
            + commands.map { Array($0.drop { ["do", "until", "if", "then"].contains($0) }) }.filter { !$0.isEmpty }
    }

    private static func substitution(_ rest: inout Substring) -> String {
        var depth = 0
        var text = ""
        while let character = rest.popFirst() {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0 { break }
            if depth > 1 || character != "(" { text.append(character) }
        }
        return text
    }
}

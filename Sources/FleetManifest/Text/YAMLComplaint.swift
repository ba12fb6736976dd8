/// What libyaml says about a text, in words for somebody who is tired: what is there, and what to do about it.
struct YAMLComplaint {
    /// What libyaml was reading, and where that began.
    struct Context {
        var text: String
        var line: Int
        var column: Int
    }

    private(set) var message: String
    private(set) var hint: String?
    /// Both count from 1.
    private(set) var line: Int
    private(set) var column: Int

    /// - Parameter problem: libyaml's words.
    init(_ problem: String, line: Int, column: Int, context: Context?, in text: String) {
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        let sight = Sight(problem: problem, line: line, column: column, context: context, lines: lines)
        (self.line, self.column) = (line, column)
        if let foreign = sight.foreignLine {
            (message, hint, self.line, self.column) = (foreign.message, foreign.hint, foreign.line, 1)
        } else if let quote = sight.openQuote {
            message = "the quote that opens here is not closed on its line, and what follows was read as its text"
            (hint, self.line, self.column) = ("close it at the end of the text", quote.line, quote.column)
        } else {
            let isOfItsBeginning =
                problem == "could not find expected ':'" || context?.text.contains("directive") == true
            if isOfItsBeginning, let context {
                (self.line, self.column) = (context.line, context.column)
            }
            (message, hint) = sight.words
        }
    }
}

extension YAMLComplaint {
    /// What stands around the place at which libyaml gave up.
    fileprivate struct Sight {
        var problem: String
        var line: Int
        var column: Int
        var context: Context?
        var lines: [Substring]

        /// The line on which what was being read began.
        private var start: Int { context?.line ?? line }
        private var own: Substring { lines.indices.contains(line - 1) ? lines[line - 1] : "" }
        /// The line up to the place.
        private var before: Substring { own.prefix(max(0, column - 1)) }
        /// What stands at the place; empty at the line's end.
        private var character: Character? { own.dropFirst(max(0, column - 1)).first }

        /// A line that another program left in the text.
        var foreignLine: (message: String, hint: String, line: Int)? {
            for (index, line) in lines.enumerated() {
                if ["<<<<<<< ", ">>>>>>> ", "||||||| "].contains(where: line.hasPrefix) || line == "=======" {
                    return ("a conflict marker of a merge", "finish the merge, then remove the markers", index + 1)
                }
                if line.hasPrefix("```") {
                    return ("a fence of Markdown", "remove the lines that begin with ```", index + 1)
                }
                if line.hasPrefix("$ ") {
                    return ("a line that was copied with its prompt", "remove it", index + 1)
                }
                if line.drop(while: { $0 == " " }).hasPrefix("//") {
                    return ("a comment as other languages write it", "begin it with '#', or remove it", index + 1)
                }
                let indentation = line.prefix { $0.isWhitespace && $0 != "\t" }
                if indentation.contains(where: { $0 != " " && $0 != "\r" }) {
                    return (
                        "this line is indented with other spaces than the common one", "type its spaces anew", index + 1
                    )
                }
            }
            return nil
        }

        /// A double quote without its partner on one of the lines that were being read.
        var openQuote: (line: Int, column: Int)? {
            guard problem == "did not find expected key" || problem.hasPrefix("did not find expected ','") else {
                return nil
            }
            for number in min(start, line)..<max(start, line) where lines.indices.contains(number - 1) {
                var open: Int?
                var last: Character = " "
                for (offset, character) in lines[number - 1].enumerated() {
                    if character == "\"", last != "\\" { open = open == nil ? offset + 1 : nil }
                    if character == "#", last == " ", open == nil { break }
                    last = character
                }
                if let open { return (number, open) }
            }
            return nil
        }

        /// The message and what to do.
        var words: (String, String?) {
            if character == "\t" || problem.contains("a tab character") {
                return ("a tab stands where YAML wants spaces", "indent with spaces: editors can turn tabs into spaces")
            }
            if let words = quotes ?? collections ?? scalars { return words }
            return ("not YAML: \(problem)" + (context.map { " (\($0.text), line \($0.line))" } ?? ""), nil)
        }

        private var quotes: (String, String?)? {
            let hint = "close it, or write '' for ' in single quotes and \\\" for \" in double quotes"
            switch problem {
            case "found unexpected end of stream", "found unexpected document indicator":
                return ("the quote that opens on line \(start) is not closed", hint)
            case "found unknown escape character":
                return (
                    "a '\\' in double quotes begins an escape that does not exist", "write \\\\, or use single quotes"
                )
            case "did not find expected key" where before.contains("\"") || before.contains("'"):
                return (
                    "the text ended with its closing quote, and something follows",
                    "quote the whole text; inside single quotes write '' for '"
                )
            default: return nil
            }
        }

        /// Brackets, dashes and indentation.
        private var collections: (String, String?)? {
            switch problem {
            case "did not find expected ',' or ']'":
                return ("the '[' of line \(start) is not closed, or a ',' is missing before this", "close it with ']'")
            case "did not find expected ',' or '}'":
                return ("the '{' of line \(start) is not closed, or a ',' is missing before this", "close it with '}'")
            case "did not find expected key":
                return (
                    "this line is in no column of the lines above it",
                    "give it the same indentation as the object that it belongs to; the one around it began on line \(start)"
                )
            case "did not find expected '-' indicator":
                return (
                    "this does not fit the list that began on line \(start)",
                    "begin each of its elements with '- ' in the same column, and indent what belongs to one"
                )
            case "block sequence entries are not allowed in this context":
                return (
                    "a '- ' cannot begin a list here",
                    "put each element on a line of its own below the key, or write the list in brackets: [a, b]"
                )
            case "did not find expected node content":
                return ("a value was expected here", "quote a text that begins with one of , [ ] { }")
            case "did not find expected <document start>":
                return (
                    "the document is over, and this follows it",
                    "look at the indentation, or write '---' on a line between two documents"
                )
            default: return nil
            }
        }

        /// Keys and texts.
        private var scalars: (String, String?)? {
            if context?.text.contains("directive") == true || problem.contains("directive")
                || problem == "found incompatible YAML document"
            {
                return (
                    "a '%' at the beginning of a line begins a directive, which is not accepted",
                    "remove it, or quote the text"
                )
            }
            switch problem {
            case "mapping values are not allowed in this context", "mapping values are not allowed here":
                if before.contains(": ") {
                    return ("a second ': ' on one line", "quote the text that holds it, or begin a new line")
                }
                return (
                    "this key is indented as if it belonged to the value before it",
                    "look at the indentation of this line and of the one before"
                )
            case "could not find expected ':'":
                return (
                    "this line is neither `key: value` nor an element of a list",
                    "write a ':' and a space after the key; begin an element with '- '"
                )
            case "found unexpected ':'":
                return ("a ':' stands in a text without quotes", "quote the text, or write a space after the ':'")
            case "found character that cannot start any token":
                let sign = character.map { String($0) } ?? ""
                return (
                    "a text cannot begin with '\(sign)'",
                    sign == "%" ? "quote it; a share is written like 5%" : "quote it"
                )
            case "did not find expected alphabetic or numeric character", "found undefined alias":
                let isAnchor = context?.text.contains("anchor") == true
                return (
                    isAnchor
                        ? "a '&' begins an anchor, which is not accepted"
                        : "a '*' begins an alias, which is not accepted",
                    "quote a text that begins so, or write the value out"
                )
            case "did not find expected comment or line break":
                return (
                    "a '>' or '|' begins a text of several lines, and something follows it",
                    "quote a text that begins so, like \">=1.7\", or begin it on the next line"
                )
            case "found undefined tag handle", "did not find expected whitespace or line break":
                return ("a '!' begins a tag, which is not accepted", "quote a text that begins with '!'")
            default: return nil
            }
        }
    }
}

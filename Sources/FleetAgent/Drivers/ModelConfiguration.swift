/// What is read of a model's `config.pbtxt`: protobuf's text format, as far as its outermost fields go.
enum ModelConfiguration {
    /// The file's name in a model's directory.
    static let file = "config.pbtxt"

    /// What the configuration says that the model is called; `nil` when it leaves that to the directory's name.
    static func name(in text: String) -> String? {
        var rest = text[...]
        var depth = 0
        var last = ""
        var isValue = false
        while let first = rest.first {
            switch first {
            case "#":
                rest = rest.drop { !$0.isNewline }
                continue
            case "\"", "'":
                let value = quoted(&rest)
                if depth == 0, isValue, last == "name" { return value }
                isValue = false
                continue
            case "{", "[", "<": depth += 1
            case "}", "]", ">": depth -= 1
            case ":": isValue = true
            case _ where isOfWord(first):
                last = String(rest.prefix(while: isOfWord))
                isValue = false
                rest = rest.dropFirst(last.count)
                continue
            default: break
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func isOfWord(_ sign: Character) -> Bool { sign.isLetter || sign.isNumber || sign == "_" }

    /// Takes a text in quotes; escapes stay as they are written.
    private static func quoted(_ rest: inout Substring) -> String {
        guard let quote = rest.popFirst() else { return "" }
        var value = ""
        while let sign = rest.popFirst(), sign != quote {
            value.append(sign)
            if sign == "\\", let next = rest.popFirst() { value.append(next) }
        }
        return value
    }
}

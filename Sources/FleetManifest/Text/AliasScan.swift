/// Finds an alias without composing the text: a name after `*` that also stands after `&` somewhere.
///
/// It looks everywhere, also into texts and comments, so it misses none; and it needs both, so that it all but never
/// takes a text for one.
enum AliasScan {
    /// An alias and where it stands; both count from 1.
    struct Alias: Equatable {
        var name: String
        var line: Int
        var column: Int
    }

    /// The first alias of a text.
    static func firstAlias(in text: String) -> Alias? {
        var anchors: Set<String> = []
        var aliases: [Alias] = []
        let scalars = Array(text.unicodeScalars)
        var line = 1
        var lineStart = 0
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\n" {
                line += 1
                lineStart = index + 1
            }
            guard scalar == "&" || scalar == "*" else { continue }
            let name = scalars[(index + 1)...].prefix(while: isNamePart)
            guard !name.isEmpty else { continue }
            let word = String(String.UnicodeScalarView(name))
            if scalar == "&" {
                anchors.insert(word)
            } else {
                aliases.append(Alias(name: word, line: line, column: index - lineStart + 1))
            }
        }
        return aliases.first { anchors.contains($0.name) }
    }

    /// libyaml's name characters.
    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "A"..."Z", "a"..."z", "_", "-": true
        default: false
        }
    }
}

/// What a model server wrote, as it is printed: for programs as it is; on a terminal only what cannot move the cursor,
/// rename the window or answer for the person before it. Colours stay.
struct LogPrinter {
    private enum State {
        case text
        case escape
        /// Within `ESC [`, with what has come of it.
        case sequence(String)
    }

    /// The longest sequence of colours, in characters; a longer one is none.
    private static let longest = 24

    let isForPerson: Bool
    private var state = State.text

    init(isForPerson: Bool) {
        self.isForPerson = isForPerson
    }

    /// What is printed of a piece; a sequence may go on in the next one.
    mutating func text(_ piece: String) -> String {
        guard isForPerson else { return piece }
        var printed = ""
        for scalar in piece.unicodeScalars {
            switch state {
            case .text where scalar == "\u{1B}": state = .escape
            case .text: if Self.isHarmless(scalar) { printed.unicodeScalars.append(scalar) }
            case .escape: state = scalar == "[" ? .sequence("") : .text
            case .sequence(let begun):
                if scalar == "m" { printed += "\u{1B}[\(begun)m" }
                let goesOn = ("0"..."9").contains(scalar) || scalar == ";"
                state = goesOn && begun.count < Self.longest ? .sequence(begun + String(scalar)) : .text
            }
        }
        return printed
    }

    /// Newlines, tabs, and whatever is no control character (C0, DEL, C1) and does not turn the direction of writing.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: true
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: false
        default: true
        }
    }
}

/// Swift text without its comments and without what its string literals say, so that a rule about code
/// is not set off by a sentence. Interpolations are code and stay. Lines keep their numbers.
struct BareCode {
    private enum Mode {
        case code(parentheses: Int)
        case string(pounds: Int, isMultiline: Bool)
    }

    private let input: [UInt8]
    private var output: [UInt8] = []
    private var position = 0
    private var modes: [Mode] = [.code(parentheses: 0)]

    private init(_ text: String) { self.input = Array(text.utf8) }

    static func of(_ text: String) -> String {
        var scanner = BareCode(text)
        while scanner.position < scanner.input.count { scanner.step() }
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private mutating func step() {
        switch modes.last {
        case .code(let parentheses): stepInCode(parentheses)
        case .string(let pounds, let isMultiline): stepInString(pounds, isMultiline)
        case nil: position = input.count
        }
    }

    private mutating func stepInCode(_ parentheses: Int) {
        if sees("//") {
            while position < input.count, input[position] != UInt8(ascii: "\n") { position += 1 }
        } else if sees("/*") {
            skipBlockComment()
        } else if let pounds = poundsBeforeQuote() {
            position += pounds
            let isMultiline = sees("\"\"\"")
            position += isMultiline ? 3 : 1
            output.append(UInt8(ascii: "\""))
            modes.append(.string(pounds: pounds, isMultiline: isMultiline))
        } else {
            let byte = input[position]
            if byte == UInt8(ascii: "(") { modes[modes.count - 1] = .code(parentheses: parentheses + 1) }
            if byte == UInt8(ascii: ")") {
                if parentheses == 0, modes.count > 1 {
                    modes.removeLast()
                } else {
                    modes[modes.count - 1] = .code(parentheses: max(0, parentheses - 1))
                }
            }
            output.append(byte)
            position += 1
        }
    }

    private mutating func stepInString(_ pounds: Int, _ isMultiline: Bool) {
        let fence = String(repeating: "#", count: pounds)
        if sees("\\" + fence + "(") {
            position += 2 + pounds
            output.append(UInt8(ascii: "("))
            modes.append(.code(parentheses: 0))
        } else if sees("\\" + fence) {
            position += 2 + pounds
        } else if sees((isMultiline ? "\"\"\"" : "\"") + fence) {
            position += (isMultiline ? 3 : 1) + pounds
            output.append(UInt8(ascii: "\""))
            modes.removeLast()
        } else {
            if input[position] == UInt8(ascii: "\n") {
                output.append(input[position])
                if !isMultiline { modes.removeLast() }
            }
            position += 1
        }
    }

    private mutating func skipBlockComment() {
        while position < input.count, !sees("*/") {
            if input[position] == UInt8(ascii: "\n") { output.append(input[position]) }
            position += 1
        }
        position = min(position + 2, input.count)
    }

    private func sees(_ text: String) -> Bool {
        let bytes = text.utf8
        return position + bytes.count <= input.count && input[position..<(position + bytes.count)].elementsEqual(bytes)
    }

    /// How many `#` stand before the quote that begins a literal here; nil when none begins.
    private func poundsBeforeQuote() -> Int? {
        var ahead = position
        while ahead < input.count, input[ahead] == UInt8(ascii: "#") { ahead += 1 }
        return ahead < input.count && input[ahead] == UInt8(ascii: "\"") ? ahead - position : nil
    }
}

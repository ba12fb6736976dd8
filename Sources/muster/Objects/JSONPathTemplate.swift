import Fleet

/// What `-o jsonpath=` takes, as kubectl writes it: text with paths in braces, such as `{.items[*].host.name}`.
///
/// A path has `.name`, `['name']`, `[0]`, `[-1]` and `[*]`; several values are printed with a space between them. `{"\n"}` and
/// `{"\t"}` are a line's end and a tab. A path without braces is taken for one in braces.
struct JSONPathTemplate: Equatable {
    /// One step of a path.
    private enum Step: Equatable {
        case name(String)
        case element(Int)
        case all
    }

    private enum Part: Equatable {
        case text(String)
        case path([Step])
    }

    /// As written.
    let text: String
    private let parts: [Part]

    /// Reads a template.
    ///
    /// - Throws: `Problem` with what is wrong.
    init(_ text: String) throws(Problem) {
        self.text = text
        guard text.contains("{") else {
            parts = [.path(try Self.path(Substring(text)))]
            return
        }
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: "}") else { throw Problem("a '{' is not closed") }
            let inner = rest[..<close]
            parts.append(try inner.hasPrefix("\"") ? .text(Self.quoted(inner)) : .path(Self.path(inner)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// Why a text is no template.
    struct Problem: Error, Equatable {
        var message: String

        init(_ message: String) { self.message = message }
    }

    /// What a document shows.
    func text(of document: JSONValue) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .path(let steps): Self.values(steps[...], in: document).map(Self.plain).joined(separator: " ")
            }
        }.joined()
    }

    /// The same as ``values(in:)``, as they are printed.
    func texts(in document: JSONValue) -> [String] { values(in: document).map(Self.plain) }

    /// Every value that the first path leads to.
    func values(in document: JSONValue) -> [JSONValue] {
        for case .path(let steps) in parts { return Self.values(steps[...], in: document) }
        return []
    }

    private static func values(_ steps: ArraySlice<Step>, in value: JSONValue) -> [JSONValue] {
        guard let step = steps.first else { return [value] }
        let next: [JSONValue] =
            switch (step, value) {
            case (.name(let name), .object(let members)): members[name].map { [$0] } ?? []
            case (.element(let index), .array(let elements)):
                JSONPath.element(index, of: elements).map { [$0] } ?? []
            case (.all, .array(let elements)): elements
            case (.all, .object(let members)): members.sorted { $0.key < $1.key }.map(\.value)
            default: []
            }
        return next.flatMap { values(steps.dropFirst(), in: $0) }
    }

    private static func plain(_ value: JSONValue) -> String { value.text ?? value.compactText }

    private static func quoted(_ text: Substring) throws(Problem) -> String {
        guard text.count >= 2, text.hasSuffix("\"") else { throw Problem("the text \(text) is not closed") }
        return String(text.dropFirst().dropLast()).replacing("\\n", with: "\n").replacing("\\t", with: "\t")
    }

    private static func path(_ text: Substring) throws(Problem) -> [Step] {
        var rest = text.hasPrefix("$") ? text.dropFirst() : text
        var steps: [Step] = []
        if let first = rest.first, first != ".", first != "[" { rest = "." + rest }
        while let next = rest.first {
            if next == "." {
                rest.removeFirst()
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else {
                    guard rest.isEmpty, steps.isEmpty else { throw Problem("'\(text)' lacks a name after '.'") }
                    break
                }
                steps.append(name == "*" ? .all : .name(String(name)))
                rest = rest.dropFirst(name.count)
            } else {
                guard let close = rest.firstIndex(of: "]") else { throw Problem("a '[' is not closed in '\(text)'") }
                steps.append(try bracket(rest[..<close].dropFirst()))
                rest = rest[rest.index(after: close)...]
                guard rest.isEmpty || rest.first == "." || rest.first == "[" else {
                    throw Problem("'\(text)' goes on after ']' without '.'")
                }
            }
        }
        return steps
    }

    private static func bracket(_ inner: Substring) throws(Problem) -> Step {
        if inner == "*" { return .all }
        if let index = Int(inner) { return .element(index) }
        for quote in ["'", "\""] where inner.count > 2 && inner.hasPrefix(quote) && inner.hasSuffix(quote) {
            return .name(String(inner.dropFirst().dropLast()))
        }
        throw Problem("'[\(inner)]' is no step: write [0], [*] or ['name']")
    }
}
